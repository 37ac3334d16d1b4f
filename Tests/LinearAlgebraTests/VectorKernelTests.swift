import Kernels
import LinearAlgebra
import TestSupport
import Testing

@Suite struct VectorKernelTests {
    static let lengths = [0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 32, 63, 64, 65, 127, 1000]

    @Test(arguments: lengths) func dotAndAxpy(count: Int) {
        let x = Matrix.random(1, count, seed: 1).elements
        let y = Matrix.random(1, count, seed: 2).elements
        let product = zip(x, y).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        let sum = zip(x, y).map { Double($1) - 1.5 * Double($0) }
        KernelPaths.forEach { path in
            #expect(abs(Double(dot(x, y, count: count)) - product) < 1e-4, "path \(path)")
            #expect(dot(x.span, y.span) == dot(x, y, count: count))
            var result = y + [42]
            axpy(-1.5, x, &result, count: count)
            #expect(largestDifference(result, sum + [42]) < 1e-5, "path \(path)")
        }
        #expect(abs(preciseDot(x.span, y.span) - product) < 1e-12)
        #expect(abs(sumOfSquares(x.span) - x.reduce(0.0) { $0 + Double($1) * Double($1) }) < 1e-11)
        let distance = zip(x, y).reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
        #expect(abs(squaredDistance(x.span, y.span) - distance) < 1e-11)
    }

    @Test(arguments: lengths) func doubleKernels(count: Int) {
        let x = Matrix.random(1, count, seed: 3).elements.map(Double.init)
        let y = Matrix.random(1, count, seed: 4).elements.map(Double.init)
        let product = zip(x, y).reduce(0.0) { $0 + $1.0 * $1.1 }
        KernelPaths.forEach { path in
            #expect(abs(see_ddot(x, y, count) - product) < 1e-12 * Double(count + 1), "path \(path)")
            var sum = y + [42]
            see_daxpy(0.3, x, &sum, count)
            #expect(zip(sum, zip(x, y)).allSatisfy { abs($0 - ($1.1 + 0.3 * $1.0)) < 1e-14 } && sum[count] == 42)
        }
    }
}
