import Entanglement
import LinearAlgebra
import TestSupport
import Testing
import Transformer

@testable import Distillation

/// A decoder whose table is made of factors: gradients reach the factors, and training brings the student to its teacher.
@Suite struct FactoredStudentTests {
    private static let (vocabulary, width) = (60, 24)

    private static func matrix(_ rows: Int, _ columns: Int, seed: UInt64, scale: Float) -> Matrix {
        var random = SplitMix64(seed: seed)
        return Matrix(
            rows: rows,
            columns: columns,
            elements: (0..<rows * columns).map { _ in random.normal() * scale }
        )
    }

    private static func decoder() -> TrainableDecoder {
        func linear(_ outputs: Int, _ inputs: Int, _ seed: UInt64) -> Linear {
            Linear(WeightMatrix(matrix(outputs, inputs, seed: seed, scale: 1 / Float(inputs).squareRoot())))
        }
        let norm = RMSNorm(weight: [Float](repeating: 1, count: width), epsilon: 1e-5)
        let layer = DecoderLayer(
            attentionNorm: norm,
            attentionInput: linear(48, width, 1),
            attentionOutput: linear(width, width, 2),
            feedForwardNorm: norm,
            feedForward: GatedFeedForward(gateAndUp: linear(80, width, 3), down: linear(width, 40, 4))
        )
        let table = DenseTable(WeightMatrix(matrix(vocabulary, width, seed: 5, scale: 0.3)))
        let model = DecoderModel(
            shape: DecoderShape(
                vocabularySize: vocabulary,
                width: width,
                layerCount: 1,
                attention: AttentionShape(heads: 2, keyValueHeads: 1, headWidth: 12),
                innerWidth: 40,
                normEpsilon: 1e-5,
                rotary: RotaryEmbedding(width: 12, base: 100, pairing: .halves),
                contextLength: 32
            ),
            embedding: table,
            layers: [layer],
            norm: norm,
            head: table
        )
        return TrainableDecoder(model, names: DecoderArchitecture.llama.huggingFace, isTied: true)
    }

    private static func embedding() throws -> EntangledEmbedding {
        var random = SplitMix64(seed: 8)
        let shape = try EntanglementShape(dimension: width, slotSizes: [4, 6])
        let tables = try UnitTables(
            shape: shape,
            unitCounts: [16, 20],
            values: [(0..<64).map { _ in random.normal() * 0.4 }, (0..<120).map { _ in random.normal() * 0.4 }]
        )
        let codes = try SenseCodes(
            ranks: Array(repeating: 3, count: vocabulary),
            unitCounts: [16, 20],
            units: (0..<3 * vocabulary).flatMap { _ in [UInt32(random.below(16)), UInt32(random.below(20))] }
        )
        let gains = (0..<codes.senseCount).map { _ in random.normal() }
        return try EntangledEmbedding(
            tables: tables,
            codes: codes,
            gains: SenseGains(bits: 8, levels: LogarithmicLevels(fitting: gains, count: 128), rounding: gains),
            mean: [Float](repeating: 0, count: width)
        )
    }

    private static let weights: LossWeights = {
        var weights = LossWeights.alignment
        (weights.soft, weights.temperature) = (1, 2)
        return weights
    }()

    private static let batch: RaggedBatch = {
        var random = SplitMix64(seed: 11)
        return RaggedBatch((0..<16).map { _ in (0..<(3 + random.below(12))).map { _ in random.below(vocabulary) } })
    }()

    private func loss(_ model: TrainableDecoder, _ table: FactoredStudentTable, _ outputs: ModelOutputs) throws
        -> Double
    {
        table.rebuild()
        model.parameters.clearGradients()
        table.factors.clearGradients()
        let loss = try model.lossAndGradients(Self.batch, teacher: outputs, Self.weights)
        table.collectGradient()
        return loss.total(Self.weights)
    }

    @Test(arguments: [false, true]) func gradientsReachTheFactors(hasBase: Bool) throws {
        let (model, teacher) = (Self.decoder(), Self.decoder())
        let outputs = try teacher.outputs(Self.batch)
        let table = FactoredStudentTable(
            TrainableFactors(try Self.embedding()),
            named: "model.embed_tokens",
            in: model.parameters,
            table: model.table,
            base: hasBase ? Self.matrix(Self.vocabulary, Self.width, seed: 9, scale: 0.1) : nil
        )
        #expect(table.factors.parameters.map(\.name).contains("model.embed_tokens.see.units.2"))
        _ = try loss(model, table, outputs)
        let gradients = Array(table.factors.gradients)
        for parameter in table.factors.parameters {
            let length = parameter.range.reduce(Float(0)) { $0 + gradients[$1] * gradients[$1] }.squareRoot()
            let before = Array(table.factors.values[parameter.range])
            func value(_ step: Float) throws -> Double {
                for (place, index) in parameter.range.enumerated() {
                    table.factors.values[index] = before[place] + step * gradients[index] / length
                }
                return try loss(model, table, outputs)
            }
            let slope = (try value(1e-2) - value(-1e-2)) / 2e-2
            _ = try value(0)
            #expect(
                abs(slope - Double(length)) < 0.01 * Double(length) + 1e-4,
                "\(parameter.name): \(slope), \(length)"
            )
        }
    }

    /// A student that sees its factors as they are stored has the table and the gradients of one made of what is stored, while its
    /// own numbers stay as they are.
    @Test func storedFactorsAreSeenAndOthersTrain() throws {
        let teacher = Self.decoder()
        // Its outputs lie in its own memory.
        defer { withExtendedLifetime(teacher) {} }
        let outputs = try teacher.outputs(Self.batch)
        func student(_ embedding: EntangledEmbedding) -> (model: TrainableDecoder, table: FactoredStudentTable) {
            let model = Self.decoder()
            let form = TrainableFactors(embedding)
            return (model, FactoredStudentTable(form, named: "t", in: model.parameters, table: model.table))
        }
        let (model, table) = student(try Self.embedding())
        var random = SplitMix64(seed: 12)
        for index in table.factors.values.indices { table.factors.values[index] += 0.1 * random.normal() }
        let numbers = Array(table.factors.values)
        let unrounded = try loss(model, table, outputs)
        table.seesStored = true
        let seen = try loss(model, table, outputs)
        #expect(seen != unrounded)
        #expect(Array(table.factors.values) == numbers)

        let stored = try #require(try table.stored() as? EntangledEmbedding)
        let (other, otherTable) = student(stored)
        #expect(try loss(other, otherTable, outputs) == seen)
        #expect(Array(otherTable.factors.gradients) == Array(table.factors.gradients))
        let rows = model.parameters.view(model.table)
        #expect(stored.dense.elements == Array(UnsafeBufferPointer(start: rows.base, count: rows.rows * rows.columns)))

        // What cannot be rounded is seen as it is, and cannot be stored.
        table.factors.values[0] = .nan
        #expect(throws: (any Error).self) { _ = try loss(model, table, outputs) }
        #expect(throws: EntanglementError.self) { _ = try table.stored() }
    }

    /// Before the end gains are rounded for good, once, while units keep the numbers that train.
    @Test func gainsAreRoundedForGood() throws {
        let model = Self.decoder()
        let table = FactoredStudentTable(
            TrainableFactors(try Self.embedding()),
            named: "t",
            in: model.parameters,
            table: model.table
        )
        var random = SplitMix64(seed: 13)
        for index in table.factors.values.indices { table.factors.values[index] += 0.1 * random.normal() }
        let numbers = Array(table.factors.values)
        let gains = try #require(table.factors.parameters.first { $0.name == "t.see.gains" })
        try table.settle(isRounded: false)
        let settled = Array(table.factors.values)
        let stored = try #require(try table.stored() as? EntangledEmbedding).gains
        for (sense, index) in gains.range.enumerated() {
            #expect(abs(settled[index] - (stored?.gain(ofSense: sense) ?? .nan)) <= 1e-4 * abs(settled[index]))
        }
        for index in numbers.indices where !gains.range.contains(index) { #expect(settled[index] == numbers[index]) }
        #expect(gains.range.contains { settled[$0] != numbers[$0] })
        for parameter in table.factors.parameters {
            #expect(parameter.role == (parameter.name == gains.name ? .frozen : .trained), "\(parameter.name)")
        }
        // A training that goes on has rounded them already.
        for index in gains.range { table.factors.values[index] *= 1.5 }
        let moved = Array(table.factors.values)
        try table.settle(isRounded: true)
        #expect(Array(table.factors.values) == moved)

        table.factors.values[gains.range.lowerBound] = .nan
        #expect(throws: EntanglementError.self) { try table.settle(isRounded: false) }
    }

    /// The same run twice, on different numbers of threads.
    @Test func trainingComesCloserAndCanBeRepeated() throws {
        func run(_ workers: Int) throws -> (losses: [Double], factors: [Float]) {
            try Parallel.$workers.withValue(workers) {
                let (model, teacher) = (Self.decoder(), Self.decoder())
                let outputs = try teacher.outputs(Self.batch)
                let table = FactoredStudentTable(
                    TrainableFactors(try Self.embedding()),
                    named: "model.embed_tokens",
                    in: model.parameters,
                    table: model.table
                )
                let optimiser = AdamW([table.factors, model.parameters])
                let schedule = LearningRateSchedule(peak: 0.02, warmUp: 5, steps: 80)
                let losses = try (1...80).map { step in
                    let value = try loss(model, table, outputs)
                    try optimiser.step(rate: schedule.rate(atStep: step))
                    return value
                }
                let stored = try #require(try table.stored() as? EntangledEmbedding)
                let start = try Self.embedding()
                #expect(stored.codes == start.codes && stored.tables != start.tables)
                return (losses, Array(table.factors.values))
            }
        }
        try KernelPaths.unchanged {
            let once = try run(1)
            let last = try #require(once.losses.last)
            #expect(last < 0.4 * once.losses[0], "\(once.losses[0]) → \(last)")
            let again = try run(2)
            #expect(again.losses == once.losses && again.factors == once.factors)
        }
    }
}
