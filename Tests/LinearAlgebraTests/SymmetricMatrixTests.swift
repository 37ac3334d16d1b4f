import LinearAlgebra
import TestSupport
import Testing

@Suite struct SymmetricMatrixTests {
    @Test(arguments: [(0, 3), (3, 0), (1, 1), (5, 40), (2100, 7), (50, 300)])
    func gramIsTheProductWithItself(rows: Int, columns: Int) {
        let x = Matrix.random(rows, columns, seed: 1)
        let weights = (0..<rows).map { Float($0 % 5) / 2 }
        var weighted = x
        for row in 0..<rows {
            for column in 0..<columns { weighted[row, column] *= weights[row] }
        }
        let plain = Matrix.plainProduct(x.transposed, x)
        let plainWeighted = Matrix.plainProduct(x.transposed, weighted)
        KernelPaths.forEach { path in
            let gram = SymmetricMatrix.gram(of: x)
            #expect(zip(gram.elements, plain).allSatisfy { abs($0 - $1) < 1e-9 }, "path \(path)")
            let other = SymmetricMatrix.gram(of: x, weights: weights)
            #expect(zip(other.elements, plainWeighted).allSatisfy { abs($0 - $1) < 1e-3 }, "path \(path)")
            for i in 0..<columns { for j in 0..<i { #expect(gram[i, j] == gram[j, i]) } }
        }
    }

    @Test func threadsChangeNoBit() {
        let x = Matrix.random(3000, 130, seed: 2)
        KernelPaths.unchanged {
            let alone = Parallel.$workers.withValue(1) { SymmetricMatrix.gram(of: x) }
            #expect(Parallel.$workers.withValue(3) { SymmetricMatrix.gram(of: x) } == alone)
        }
    }

    @Test func bothTrianglesAgree() {
        var matrix = SymmetricMatrix(size: 3)
        matrix[0, 2] = 5
        #expect(matrix[2, 0] == 5)
        let lower = SymmetricMatrix(size: 2, lowerTriangleOf: [1, .nan, 2, 3])
        #expect(lower.elements == [1, 2, 2, 3])
    }
}
