import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite struct SymmetricEigenTests {
    /// ‖A·V − V·Λ‖ and ‖VᵀV − 1‖, each by its largest element.
    static func residuals(_ matrix: SymmetricMatrix, _ eigen: SymmetricEigen) -> (equation: Double, basis: Double) {
        let n = matrix.size
        var (equation, basis) = (0.0, 0.0)
        for k in 0..<n {
            let v = Array(eigen.vector(k))
            for row in 0..<n {
                var sum = 0.0
                for column in 0..<n { sum += matrix.elements[row * n + column] * v[column] }
                equation = max(equation, abs(sum - eigen.values[k] * v[row]))
            }
            for other in 0...k {
                var sum = 0.0
                for i in 0..<n { sum += v[i] * eigen.vectors[other * n + i] }
                basis = max(basis, abs(sum - (other == k ? 1 : 0)))
            }
        }
        return (equation, basis)
    }

    static func random(_ size: Int, seed: UInt64) -> SymmetricMatrix {
        let elements = Matrix.random(size, size, seed: seed).elements.map(Double.init)
        return SymmetricMatrix(size: size, lowerTriangleOf: elements)
    }

    @Test(arguments: [0, 1, 2, 3, 4, 15, 16, 17, 31, 32, 33, 34, 64, 65, 100])
    func decomposesRandomMatrices(size: Int) throws {
        let matrix = Self.random(size, seed: UInt64(size))
        try KernelPaths.forEach { path in
            let eigen = try SymmetricEigen(matrix)
            let (equation, basis) = Self.residuals(matrix, eigen)
            #expect(equation < 1e-12 * Double(size + 1) && basis < 1e-13 * Double(size + 1), "path \(path)")
            #expect(eigen.values == eigen.values.sorted(by: >))
        }
    }

    @Test func knownValues() throws {
        // The second difference matrix: 2 − 2·cos(kπ / (n + 1)).
        let n = 50
        var matrix = SymmetricMatrix(size: n)
        for i in 0..<n {
            matrix[i, i] = 2
            if i > 0 { matrix[i, i - 1] = -1 }
        }
        let eigen = try SymmetricEigen(matrix)
        for (k, value) in eigen.values.enumerated() {
            let expected = 2 - 2 * cos(Double(n - k) * .pi / Double(n + 1))
            #expect(abs(value - expected) < 1e-13)
        }
    }

    @Test func specialMatrices() throws {
        let n = 40
        var (diagonal, repeated, ones) = (SymmetricMatrix(size: n), SymmetricMatrix(size: n), SymmetricMatrix(size: n))
        for i in 0..<n {
            diagonal[i, i] = Double(i)
            repeated[i, i] = i % 2 == 0 ? 1 : -1
            for j in 0...i { ones[i, j] = 1 }
        }
        for matrix in [SymmetricMatrix(size: n), diagonal, repeated, ones] {
            let (equation, basis) = Self.residuals(matrix, try SymmetricEigen(matrix))
            #expect(equation < 1e-12 && basis < 1e-13)
        }
        #expect(try SymmetricEigen(diagonal).values == (0..<n).map { Double(n - 1 - $0) })
        let spectrum = try SymmetricEigen(ones).values
        #expect(abs(spectrum[0] - Double(n)) < 1e-12 && spectrum.dropFirst().allSatisfy { abs($0) < 1e-13 })
    }

    @Test(arguments: [1e-300, 1e-160, 1e160, 1e300]) func extremeScales(scale: Double) throws {
        let matrix = Self.random(20, seed: 7)
        let scaled = SymmetricMatrix(size: 20, lowerTriangleOf: matrix.elements.map { $0 * scale })
        let (plain, extreme) = (try SymmetricEigen(matrix), try SymmetricEigen(scaled))
        #expect(zip(plain.values, extreme.values).allSatisfy { abs($0 - $1 / scale) < 1e-12 })
    }

    @Test func rankDeficientGramMatrices() throws {
        // Rank 5 in 60 dimensions: the other values vanish and their vectors are still a basis.
        let low = Matrix.product(.random(200, 5, seed: 1), .random(5, 60, seed: 2))
        let gram = SymmetricMatrix.gram(of: low)
        let eigen = try SymmetricEigen(gram)
        let (equation, basis) = Self.residuals(gram, eigen)
        #expect(equation < 1e-9 && basis < 1e-12)
        #expect(eigen.values[4] > 100 && eigen.values[5] < 1e-6)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity]) func whatIsNotFiniteIsRefused(element: Double) {
        var matrix = Self.random(5, seed: 1)
        matrix[3, 1] = element
        #expect(throws: LinearAlgebraError.notFinite) { try SymmetricEigen(matrix) }
    }

    @Test func threadsChangeNoBit() throws {
        let matrix = Self.random(150, seed: 3)
        try KernelPaths.unchanged {
            let alone = try Parallel.$workers.withValue(1) { try SymmetricEigen(matrix) }
            let shared = try Parallel.$workers.withValue(4) { try SymmetricEigen(matrix) }
            #expect(alone.values == shared.values && alone.vectors == shared.vectors)
        }
    }

    @Test func theLargestComponentIsPositive() throws {
        let eigen = try SymmetricEigen(Self.random(30, seed: 4))
        for k in 0..<30 {
            let largest = eigen.vector(k).max { abs($0) < abs($1) }
            #expect(try #require(largest) > 0)
        }
        #expect(eigen.leadingVectors(3).elements == eigen.vectors.prefix(90).map(Float.init))
    }
}
