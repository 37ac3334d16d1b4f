import TensorFile
import Testing

@testable import Distillation

/// What trains, what is held out, and in which order it comes.
@Suite struct TrainingDataTests {
    private static func texts(_ count: Int) -> [TrainingText] {
        (0..<count).map { TrainingText([$0] + Array(repeating: $0 % 7 + 1, count: $0 * 37 % 19 + 1)) }
    }

    private static func data(_ count: Int = 300, share: Double = 0.1, seed: UInt64 = 5) throws -> TrainingData {
        try TrainingData(texts(count), heldOut: share, seed: seed, name: "texts")
    }

    @Test func everyTextIsEitherTrainedOrHeldOut() throws {
        let data = try Self.data()
        // Each text has its own chance: 30 of 300, with a deviation of 5.
        #expect((15...45).contains(data.validation.count))
        #expect((data.training + data.validation).sorted() == Array(0..<300))
        #expect(try Self.data(share: 0).validation.count == 1)
        #expect(try Self.data(share: 0.999).training.count == 1)
        #expect(try Self.data(2000, share: 0.5).validation.count == TrainingData.mostHeldOut)
    }

    @Test func anEpochHoldsEveryTextOnceInBoundedBatches() throws {
        let data = try Self.data()
        for epoch in 0..<3 {
            let batches = data.batches(epoch: epoch, tokens: 64)
            #expect(batches.joined().sorted() == data.training)
            for batch in batches {
                #expect(batch.count == 1 || batch.reduce(0) { $0 + data.texts[$1].length } <= 64)
            }
        }
        #expect(data.validationBatches(tokens: 64).joined().sorted() == data.validation)
    }

    @Test func textsOfABatchAreOfLikeLength() throws {
        let data = try Self.data()
        let batches = data.batches(epoch: 0, tokens: 64)
        let spreads = batches.map { batch in
            let lengths = batch.map { data.texts[$0].length }
            return (lengths.max() ?? 0) - (lengths.min() ?? 0)
        }
        // All lengths differ by up to 18; within a pool of 16 batches they are sorted.
        #expect(Double(spreads.reduce(0, +)) / Double(batches.count) < 4)
    }

    @Test func theOrderDependsOnSeedAndEpochAlone() throws {
        let data = try Self.data()
        #expect(try Self.data().batches(epoch: 3, tokens: 64) == data.batches(epoch: 3, tokens: 64))
        #expect(data.batches(epoch: 1, tokens: 64) != data.batches(epoch: 0, tokens: 64))
        let other = try Self.data(seed: 6)
        #expect(other.batches(epoch: 0, tokens: 64) != data.batches(epoch: 0, tokens: 64))
        #expect(try Self.data().digest == data.digest)
        #expect(try Self.data(299).digest != data.digest)
        // What is held out is so in every training of the same texts.
        #expect(other.validation == data.validation)
    }

    @Test func moreTextHoldsOutNothingThatTrained() throws {
        let (few, many) = (try Self.data(300), try Self.data(3000))
        let trained = Set(few.training)
        #expect(many.validation.filter { $0 < 300 }.allSatisfy { !trained.contains($0) })
        #expect(many.validation.contains { $0 < 300 })
    }

    @Test func aSourceWithSeveralTargetsStandsOnOneSide() throws {
        let texts = (0..<400).map { TrainingText([$0 / 4, 1], target: [$0]) }
        let data = try TrainingData(texts, heldOut: 0.1, seed: 1, name: "texts")
        #expect(Set(data.training.map { $0 / 4 }).isDisjoint(with: data.validation.map { $0 / 4 }))
        #expect(data.validation.count % 4 == 0 && (16...72).contains(data.validation.count))
        // Where every source is the same, something is held out all the same.
        let same = try TrainingData(Array(repeating: texts[0], count: 10), heldOut: 0.2, seed: 1, name: "texts")
        #expect(!same.validation.isEmpty && !same.training.isEmpty)
    }

    @Test func aTextLongerThanABatchStandsAlone() throws {
        let long = [TrainingText(Array(repeating: 1, count: 100)), TrainingText([1, 2]), TrainingText([3, 4])]
        let data = try TrainingData(long + Self.texts(20), heldOut: 0.05, seed: 1, name: "texts")
        #expect(data.batches(epoch: 0, tokens: 8).joined().sorted() == data.training)
    }

    @Test(arguments: [0, 1]) func tooLittleIsRefused(count: Int) {
        let error = #expect(throws: TensorFileError.self) { try Self.data(count) }
        #expect(error?.kind == .missing && error?.file == "texts")
    }
}
