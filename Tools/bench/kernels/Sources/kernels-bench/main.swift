import Foundation
import LinearAlgebra

// kernels-bench [OPENBLAS]: this package's products and decompositions beside those of the OpenBLAS library at the path
// OPENBLAS, if it is given.

let blas = CommandLine.arguments.dropFirst().first.map { path in
    guard let blas = BLAS(path: path) else { fatalError("no OpenBLAS with LAPACK at \(path)") }
    return blas
}
let path = ProcessInfo.processInfo.environment["SEECONV_KERNELS"] ?? "best"
print("own kernels: \(path); OpenBLAS kernels: \(blas?.coreName ?? "none"); ratio above 1: own is faster")
print("one thread: its CPU time; more: wall time, which other programs disturb; medians of runs in turns")

func line(_ name: String, _ threads: Int, unit: String, _ work: Double, _ times: (first: Double, second: Double)) {
    let label = name.padding(toLength: 20, withPad: " ", startingAt: 0)
    let own = String(format: "%@ %d thread(s)  own %9.2f %@", label, threads, work / times.first, unit)
    let other = String(format: "  OpenBLAS %9.2f  ratio %.2f", work / times.second, times.second / times.first)
    print(blas == nil ? own : own + other)
}

nonisolated(unsafe) var random = SplitMix64(seed: 1)
func randomElements(_ count: Int) -> [Float] {
    (0..<count).map { _ in random.uniform() - 0.5 }
}

let products = [
    (m: 256, k: 256, n: 256, runs: 101), (512, 512, 512, 41), (1024, 1024, 1024, 11), (2048, 288, 32000, 5),
    (30522, 384, 384, 11),
]
for threads in [1, 2] {
    let clock = Clock(threads: threads)
    blas?.use(threads: threads)
    Parallel.$workers.withValue(threads) {
        for (m, k, n, runs) in products {
            let a = Matrix(rows: m, columns: k, elements: randomElements(m * k))
            let b = Matrix(rows: k, columns: n, elements: randomElements(k * n))
            var own = Matrix(rows: m, columns: n)
            var other = [Float](repeating: 0, count: m * n)
            let times = clock.compare(runs: runs) {
                own.setToProduct(a, b)
            } _: {
                blas?.multiply(m: m, k: k, n: n, a.elements, b.elements, &other)
            }
            line("\(m) x \(k) x \(n)", threads, unit: "GF/s", 2e-9 * Double(m) * Double(k) * Double(n), times)
        }
        for (m, n) in [(32000, 288), (32064, 3072)] {
            let a = Matrix(rows: m, columns: n, elements: randomElements(m * n))
            let x = randomElements(n)
            var own = [Float](repeating: 0, count: m)
            var other = own
            let times = clock.compare(runs: 21) {
                a.withView { gemv($0, x, into: &own) }
            } _: {
                blas?.multiply(m: m, n: n, a.elements, x, &other)
            }
            line("\(m) x \(n) vector", threads, unit: "GB/s", 4e-9 * Double(m) * Double(n), times)
        }
        for size in [64, 384, 1024] {
            let matrix = SymmetricMatrix(size: size, lowerTriangleOf: randomElements(size * size).map(Double.init))
            let times = clock.compare(runs: size == 64 ? 51 : 5) {
                _ = try? SymmetricEigen(matrix)
            } _: {
                blas?.decompose(size: size, matrix.elements)
            }
            line("eigen \(size)", threads, unit: "per s", 1, times)
        }
    }
}
