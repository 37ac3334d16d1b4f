import Testing
import Transformer

@Suite struct SamplerTests {
    private let logits: [Float] = [0.1, 2, -1, 2, 1.5, 0, -3, 1]

    private func draws(_ count: Int, after history: [Int] = [], _ change: (inout SamplingOptions) -> Void) throws
        -> [Int]
    {
        var options = SamplingOptions()
        change(&options)
        var sampler = Sampler(options)
        return try (0..<count).map { _ in try sampler.next(logits, after: history) }
    }

    @Test func greedyTakesTheFirstOfTheBest() throws {
        #expect(try draws(3) { _ in } == [1, 1, 1])
        #expect(
            try draws(1) {
                $0.temperature = 1; $0.topK = 1
            } == [1]
        )
    }

    @Test func sharesFollowTheProbabilities() throws {
        let found = try draws(20_000) {
            $0.temperature = 0.7; $0.seed = 4
        }
        let weights = logits.map { Double(expf32($0 / 0.7)) }
        let total = weights.reduce(0, +)
        for token in logits.indices {
            let share = Double(found.count { $0 == token }) / 20_000
            #expect(abs(share - weights[token] / total) < 0.015)
        }
        #expect(
            try draws(50) {
                $0.temperature = 1; $0.seed = 4
            }
                == draws(50) {
                    $0.temperature = 1; $0.seed = 4
                }
        )
        #expect(
            try draws(50) {
                $0.temperature = 1; $0.seed = 4
            }
                != draws(50) {
                    $0.temperature = 1; $0.seed = 5
                }
        )
    }

    private func expf32(_ x: Float) -> Float {
        // e^x by its series: the test needs no library.
        var (term, sum): (Float, Float) = (1, 1)
        for n in 1..<40 {
            term *= x / Float(n)
            sum += term
        }
        return sum
    }

    @Test func filtersKeepTheBest() throws {
        #expect(
            Set(
                try draws(500) {
                    $0.temperature = 5; $0.topK = 3
                }
            ) == [1, 3, 4]
        )
        // Of probabilities 0.27, 0.27, 0.16, 0.10, … the first two reach a half.
        #expect(
            Set(
                try draws(500) {
                    $0.temperature = 1; $0.topP = 0.5
                }
            ) == [1, 3]
        )
        #expect(
            Set(
                try draws(500) {
                    $0.temperature = 1; $0.topP = 0.01
                }
            ) == [1]
        )
        // e^(1.5 − 2) = 0.61 of the best, e^(1 − 2) = 0.37.
        #expect(
            Set(
                try draws(500) {
                    $0.temperature = 1; $0.minP = 0.5
                }
            ) == [1, 3, 4]
        )
    }

    @Test func repetitionIsPenalised() throws {
        #expect(try draws(1, after: [1, 3, 99, -4]) { $0.repetitionPenalty = 2 } == [4])
    }

    @Test func scoresMustBeNumbers() throws {
        var sampler = Sampler(SamplingOptions())
        for bad in [[1, .nan], [.infinity, 0], [], [-.infinity, -.infinity]] as [[Float]] {
            #expect(throws: TransformerError.self) { try sampler.next(bad, after: []) }
        }
        #expect(try sampler.next([-.infinity, -2], after: []) == 1)
    }
}
