import LinearAlgebra
import Testing

@Suite struct SplitMix64Tests {
    /// The values of the reference implementation (Vigna, splitmix64.c).
    @Test func followsTheReference() {
        var random = SplitMix64(seed: 1_234_567)
        #expect(
            (0..<5).map { _ in random.next() } == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ]
        )
    }

    /// Computed by an independent Python implementation of the same definitions.
    @Test func drawsAreFixed() {
        var random = SplitMix64(seed: 1)
        #expect((0..<4).map { _ in random.uniform() } == [0.5665615, 0.7457817, 0.9710027, 0.44435918])
        random = SplitMix64(seed: 1)
        #expect((0..<4).map { _ in random.normal() } == [-0.028249746, -0.22791952, 0.10309095, -0.50620407])
        random = SplitMix64(seed: 1)
        #expect((0..<6).map { _ in random.below(100) } == [56, 74, 97, 44, 44, 76])
        random = SplitMix64(seed: 1)
        var order = Array(0..<10)
        random.shuffle(&order)
        #expect(order == [9, 0, 1, 4, 8, 2, 3, 7, 6, 5])
        var stream = SplitMix64(seed: 1, stream: 3)
        #expect(stream.next() == 6_438_799_874_866_767_806)
    }

    @Test func drawsHaveTheirDistribution() {
        var random = SplitMix64(seed: 7)
        let count = 200_000
        var (sum, squares, fourth) = (0.0, 0.0, 0.0)
        var histogram = [Int](repeating: 0, count: 7)
        for _ in 0..<count {
            let uniform = random.uniform()
            #expect(uniform >= 0 && uniform < 1)
            let normal = Double(random.normal())
            sum += normal
            squares += normal * normal
            fourth += normal * normal * normal * normal
            histogram[random.below(7)] += 1
        }
        #expect(abs(sum / Double(count)) < 0.01)
        #expect(abs(squares / Double(count) - 1) < 0.02)
        #expect(abs(fourth / Double(count) - 3) < 0.1)
        #expect(histogram.allSatisfy { abs($0 - count / 7) < 1000 })
    }

    @Test func streamsDiffer() {
        let firsts = (0..<1000).map { stream in
            var random = SplitMix64(seed: 5, stream: stream)
            return random.next()
        }
        #expect(Set(firsts).count == 1000)
    }

    @Test func shuffleReachesEveryOrder() {
        var random = SplitMix64(seed: 3)
        var seen: [[Int]: Int] = [:]
        for _ in 0..<6000 {
            var order = [0, 1, 2]
            random.shuffle(&order)
            seen[order, default: 0] += 1
        }
        #expect(seen.count == 6)
        #expect(seen.values.allSatisfy { abs($0 - 1000) < 150 })
        var nothing: [Int] = []
        random.shuffle(&nothing)
        #expect(nothing.isEmpty)
    }

    @Test func belowHandlesItsLimits() {
        var random = SplitMix64(seed: 11)
        #expect((0..<100).allSatisfy { _ in random.below(1) == 0 })
        #expect((0..<100).allSatisfy { _ in (0..<Int.max).contains(random.below(.max)) })
    }
}
