import Kernels
import LinearAlgebra
import TestSupport
import Testing

@Suite struct TensorProductTests {
    @Test(arguments: [(1, 1), (3, 5), (16, 24), (7, 8), (12, 33), (2, 64)]) func outerProducts(heads: Int, last: Int) {
        let (first, vector) = (Matrix.random(1, heads, seed: 1).elements, Matrix.random(1, last, seed: 2).elements)
        let start = Matrix.random(1, heads * last + 1, seed: 3).elements
        var expected = start
        for i in 0..<heads {
            for j in 0..<last { expected[i * last + j] += (-0.7 * first[i]) * vector[j] }
        }
        KernelPaths.forEach { path in
            var sum = start
            addOuterProduct(-0.7, first, count: heads, vector, count: last, to: &sum)
            #expect(sum == expected, "path \(path): the same bits")
        }
    }

    @Test(arguments: [(1, 24, 16), (16, 24, 1), (12, 16, 16), (3, 5, 7), (2, 33, 1), (1, 1, 1), (5, 9, 1)])
    func contractions(heads: Int, size: Int, tails: Int) {
        let block = Matrix.random(1, heads * size * tails, seed: 4).elements
        let cofactor = Matrix.random(1, heads * tails, seed: 5).elements
        let start = Matrix.random(1, size + 1, seed: 6).elements
        var expected = start.map(Double.init)
        for head in 0..<heads {
            for x in 0..<size {
                for tail in 0..<tails {
                    expected[x] +=
                        Double(cofactor[head * tails + tail]) * Double(block[(head * size + x) * tails + tail])
                }
            }
        }
        KernelPaths.forEach { path in
            var result = start
            addContraction(of: block, heads: heads, size: size, tails: tails, with: cofactor, to: &result)
            #expect(zip(result, expected).allSatisfy { abs(Double($0) - $1) < 1e-4 }, "path \(path)")
            #expect(result[size] == start[size], "nothing beyond the slot is touched")
        }
    }

    /// The plain form that the kernels must agree with, bit for bit.
    private static func best(_ count: Int, _ score: (Int) -> Float) -> Int {
        var (best, greatest) = (0, -Float.infinity)
        for i in 0..<count where score(i) > greatest { (best, greatest) = (i, score(i)) }
        return best
    }

    @Test(arguments: [0, 1, 3, 4, 8, 9, 16, 31, 32, 33, 64, 100, 1024, 1031], [1, 2, 3] as [UInt64])
    func bestUnits(count: Int, seed: UInt64) {
        // Few different values, so that ties abound and the lowest index must win.
        var random = SplitMix64(seed: seed, stream: Int(count))
        let products = (0..<count).map { _ in Float(random.below(9)) - 4 }
        let norms = (0..<count).map { _ in Float(random.below(3) + 1) }
        let ratio = Self.best(count) { products[$0] * products[$0] * norms[$0] }
        let difference = Self.best(count) { 2 * products[$0] - 0.3 * norms[$0] }
        KernelPaths.forEach { path in
            #expect(indexOfGreatestRatio(products, norms, count: count) == ratio, "path \(path)")
            #expect(indexOfGreatestDifference(products, norms, weight: 0.3, count: count) == difference, "path \(path)")
        }
    }

    @Test func scoresThatAreNoNumbers() {
        KernelPaths.forEach { _ in
            for count in [5, 16, 40, 70] {
                var products = [Float](repeating: .nan, count: count)
                let norms = [Float](repeating: 1, count: count)
                #expect(indexOfGreatestRatio(products, norms, count: count) == 0)
                products[count - 2] = 0
                #expect(indexOfGreatestRatio(products, norms, count: count) == count - 2)
                #expect(indexOfGreatestDifference(products, norms, weight: 1, count: count) == count - 2)
            }
        }
    }
}
