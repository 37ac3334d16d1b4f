import LinearAlgebra
import TestSupport
import Testing

@Suite struct CholeskyTests {
    @Test(arguments: [0, 1, 2, 3, 8, 17, 65]) func solvesWhatItFactorized(size: Int) throws {
        let x = Matrix.random(size + 5, size, seed: 1)
        let gram = SymmetricMatrix.gram(of: x)
        let solution = Matrix.random(1, size, seed: 2).elements.map(Double.init)
        let b = (0..<size).map { row in (0..<size).reduce(0.0) { $0 + gram[row, $1] * solution[$1] } }
        try KernelPaths.forEach { path in
            let cholesky = try Cholesky(gram.elements, size: size)
            #expect(zip(cholesky.solve(b), solution).allSatisfy { abs($0 - $1) < 1e-9 }, "path \(path)")
            let single = try Cholesky(gram.elements.map(Float.init), size: size)
            let solved = single.solve(b.map(Float.init))
            #expect(zip(solved, solution).allSatisfy { abs(Double($0) - $1) < 1e-2 }, "path \(path)")
        }
    }

    @Test func theFactorIsRight() throws {
        let cholesky = try Cholesky<Double>([4, 0, 0, 2, 10, 0, -2, 5, 14], size: 3)
        #expect(cholesky.factor == [2, 0, 0, 1, 3, 0, -1, 2, 3])
    }

    @Test func anIndefiniteMatrixIsRefused() {
        for (elements, pivot) in [([1, 2, 2, 1], 1), ([0, 0, 0, 1], 0), ([1, 1, 1, 1], 1), ([.nan, 0, 0, 1], 0)]
            as [([Double], Int)]
        {
            #expect(throws: LinearAlgebraError.notPositiveDefinite(pivot: pivot)) {
                try Cholesky(elements, size: 2)
            }
        }
        #expect(throws: LinearAlgebraError.notPositiveDefinite(pivot: 0)) {
            try Cholesky<Double>([.infinity], size: 1)
        }
    }
}
