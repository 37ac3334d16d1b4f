import Kernels
import LinearAlgebra
import TestSupport
import Testing

@Suite struct MatrixProductTests {
    /// Shapes `(m, k, n)` around the tiles (6 x 8, 8 x 12, 6 x 16, 14 x 32), the blocks (140, 320, 2048) and nothing.
    static let shapes = [
        (0, 3, 4), (3, 0, 4), (3, 4, 0), (1, 1, 1), (1, 7, 33), (2, 3, 5), (6, 16, 8), (13, 31, 31), (14, 32, 32),
        (15, 33, 33), (17, 321, 65), (141, 20, 40), (40, 641, 9), (3, 2, 2050), (300, 5, 3),
    ]

    @Test(arguments: shapes) func agreesWithThePlainProduct(m: Int, k: Int, n: Int) {
        let a = Matrix.random(m, k, seed: 1)
        let b = Matrix.random(k, n, seed: 2)
        let expected = Matrix.plainProduct(a, b)
        let tolerance = 1e-5 * (Double(k) + 1).squareRoot()
        KernelPaths.forEach { path in
            for workers in [1, 3] {
                Parallel.$workers.withValue(workers) {
                    for (first, transposingFirst) in [(a, false), (a.transposed, true)] {
                        for (second, transposingSecond) in [(b, false), (b.transposed, true)] {
                            let product = Matrix.product(
                                first,
                                second,
                                transposingFirst: transposingFirst,
                                transposingSecond: transposingSecond
                            )
                            #expect(product.rows == m && product.columns == n)
                            #expect(largestDifference(product.elements, expected) <= tolerance, "path \(path)")
                        }
                    }
                }
            }
        }
    }

    @Test func scalesAndAccumulates() {
        let (a, b, c) = (
            Matrix.random(20, 700, seed: 3), Matrix.random(700, 37, seed: 4), Matrix.random(20, 37, seed: 5)
        )
        let plain = Matrix.plainProduct(a, b)
        KernelPaths.forEach { _ in
            for (alpha, beta) in [(2, 0), (0.5, 1), (-1, 0.25), (0, 3), (0, 0)] as [(Float, Float)] {
                var result = c
                result.setToProduct(a, b, alpha: alpha, beta: beta)
                let expected = zip(plain, c.elements).map { Double(alpha) * $0 + Double(beta) * Double($1) }
                #expect(largestDifference(result.elements, expected) < 1e-3)
            }
        }
    }

    @Test func aZeroBetaClearsWhatIsNotANumber() {
        var result = Matrix(rows: 5, columns: 5, repeating: .nan)
        result.setToProduct(Matrix(rows: 5, columns: 0), Matrix(rows: 0, columns: 5))
        #expect(result == Matrix(rows: 5, columns: 5))
        result = Matrix(rows: 5, columns: 5, repeating: .nan)
        result.setToProduct(Matrix(rows: 5, columns: 1), Matrix(rows: 1, columns: 5))
        #expect(result == Matrix(rows: 5, columns: 5))
    }

    @Test func partsOfMatricesAreMultipliedInPlace() {
        let a = Matrix.random(20, 30, seed: 6)
        let b = Matrix.random(40, 50, seed: 7)
        var c = Matrix(rows: 12, columns: 60, repeating: 7)
        c.withMutableView { c in
            a.withView { a in
                b.withView { b in
                    gemm(
                        a.extracting(rows: 3..<13, columns: 5..<17),
                        b.extracting(rows: 20..<32, columns: 1..<42),
                        into: c.extracting(rows: 1..<11, columns: 9..<50)
                    )
                }
            }
        }
        for row in 0..<12 {
            for column in 0..<60 {
                guard (1..<11).contains(row), (9..<50).contains(column) else {
                    #expect(c[row, column] == 7)
                    continue
                }
                let sum = (0..<12).reduce(0.0) { $0 + Double(a[row + 2, 5 + $1]) * Double(b[20 + $1, column - 8]) }
                #expect(abs(Double(c[row, column]) - sum) < 1e-5)
            }
        }
    }

    @Test func theNumberOfThreadsChangesNoBit() {
        let a = Matrix.random(150, 500, seed: 8)
        let b = Matrix.random(500, 400, seed: 9)
        let x = [Float](b.row(0))
        KernelPaths.unchanged {
            let alone = Parallel.$workers.withValue(1) {
                (Matrix.product(a, b), b.times(x), b.transposedTimes(a.elements.prefix(500).map { $0 }))
            }
            for workers in [2, 3, 7] {
                let shared = Parallel.$workers.withValue(workers) {
                    (Matrix.product(a, b), b.times(x), b.transposedTimes(a.elements.prefix(500).map { $0 }))
                }
                #expect(shared == alone)
            }
        }
    }

    @Test(arguments: [(0, 3), (1, 1), (4, 16), (5, 33), (64, 100), (3, 1000), (2000, 3), (7, 0)])
    func matrixTimesVector(rows: Int, columns: Int) {
        let matrix = Matrix.random(rows, columns, seed: 10)
        let x = Matrix.random(1, columns, seed: 11).elements
        let y = Matrix.random(1, rows, seed: 12).elements
        let forward = Matrix.plainProduct(matrix, Matrix(rows: columns, columns: 1, elements: x))
        let backward = Matrix.plainProduct(Matrix(rows: 1, columns: rows, elements: y), matrix)
        KernelPaths.forEach { path in
            #expect(largestDifference(matrix.times(x), forward) < 2e-4, "path \(path)")
            #expect(largestDifference(matrix.transposedTimes(y), backward) < 2e-4, "path \(path)")
        }
    }

    @Test func transposingMovesEveryElement() {
        let matrix = Matrix.random(70, 33, seed: 13)
        let transposed = matrix.transposed
        #expect(transposed.rows == 33 && transposed.columns == 70)
        for row in 0..<70 { for column in 0..<33 { #expect(transposed[column, row] == matrix[row, column]) } }
        #expect(transposed.transposed == matrix)
    }
}
