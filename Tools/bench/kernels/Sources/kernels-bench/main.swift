import Foundation
import LinearAlgebra

// kernels-bench [OPENBLAS]: this package's products beside those of an OpenBLAS library, if its path is given.

let blas = CommandLine.arguments.dropFirst().first.map { path in
    guard let blas = BLAS(path: path) else { fatalError("no OpenBLAS at \(path)") }
    return blas
}
print(
    "OpenBLAS kernels: \(blas?.coreName ?? "none")  SEECONV_KERNELS: \(getenv("SEECONV_KERNELS").map { String(cString: $0) } ?? "best")"
)

func line(_ name: String, _ threads: Int, unit: String, _ own: Double, _ other: Double) {
    let ratio = blas == nil ? "" : String(format: "  OpenBLAS %8.2f  ratio %.2f", other, own / other)
    print(
        String(
            format: "%@ threads %d  own %8.2f %@%@",
            name.padding(toLength: 22, withPad: " ", startingAt: 0),
            threads,
            own,
            unit,
            ratio
        )
    )
}

var random = SplitMix64(seed: 1)
for threads in [1, 2] {
    let clock = Clock(threads: threads)
    blas?.use(threads: threads)
    Parallel.$workers.withValue(threads) {
        for (m, k, n, runs) in [
            (256, 256, 256, 101), (512, 512, 512, 41), (1024, 1024, 1024, 11), (2048, 288, 32000, 5),
            (30522, 384, 384, 11),
        ] {
            let a = Matrix(rows: m, columns: k, elements: (0..<m * k).map { _ in random.uniform() - 0.5 })
            let b = Matrix(rows: k, columns: n, elements: (0..<k * n).map { _ in random.uniform() - 0.5 })
            var own = Matrix(rows: m, columns: n)
            var other = [Float](repeating: 0, count: m * n)
            let times = clock.compare(runs: runs) {
                own.setToProduct(a, b)
            } _: {
                blas?.multiply(m: m, k: k, n: n, a.elements, b.elements, &other)
            }
            let work = 2e-9 * Double(m) * Double(k) * Double(n)
            line("\(m) x \(k) x \(n)", threads, unit: "GF/s", work / times.first, work / times.second)
        }
        for (m, n) in [(32000, 288), (32064, 3072)] {
            let a = Matrix(rows: m, columns: n, elements: (0..<m * n).map { _ in random.uniform() - 0.5 })
            let x = (0..<n).map { _ in random.uniform() }
            var own = [Float](repeating: 0, count: m)
            var other = own
            let times = clock.compare(runs: 21) {
                a.withView { gemv($0, x, into: &own) }
            } _: {
                blas?.multiply(m: m, n: n, a.elements, x, &other)
            }
            let bytes = 4e-9 * Double(m) * Double(n)
            line("\(m) x \(n) vector", threads, unit: "GB/s", bytes / times.first, bytes / times.second)
        }
    }
}
