import LinearAlgebra
import TestSupport
import Testing

@Suite struct SingularValuesTests {
    /// A matrix with the given singular values and random singular vectors, in Float.
    static func planted(_ rows: Int, _ columns: Int, values: [Float], seed: UInt64) throws -> Matrix {
        let left = try SingularValues(.random(rows, values.count, seed: seed)).left
        var right = try SingularValues(.random(values.count, columns, seed: seed + 1)).right
        for (row, value) in values.enumerated() { for column in 0..<columns { right[row, column] *= value } }
        return Matrix.product(left, right)
    }

    static func departureFromIdentity(_ gram: Matrix) -> Float {
        var largest: Float = 0
        for row in 0..<gram.rows {
            for column in 0..<gram.columns { largest = max(largest, abs(gram[row, column] - (row == column ? 1 : 0))) }
        }
        return largest
    }

    @Test(arguments: [(1, 1), (7, 7), (40, 13), (13, 40), (300, 64), (5, 1), (1, 5)])
    func theProductIsTheMatrix(rows: Int, columns: Int) throws {
        let matrix = Matrix.random(rows, columns, seed: 1)
        let rank = min(rows, columns)
        try KernelPaths.forEach { path in
            let svd = try SingularValues(matrix)
            #expect(svd.left.rows == rows && svd.left.columns == rank && svd.right.rows == rank)
            #expect(svd.values == svd.values.sorted(by: >))
            #expect(zip(svd.product.elements, matrix.elements).allSatisfy { abs($0 - $1) < 2e-5 }, "path \(path)")
            let left = Self.departureFromIdentity(Matrix.product(svd.left, svd.left, transposingFirst: true))
            let right = Self.departureFromIdentity(Matrix.product(svd.right, svd.right, transposingSecond: true))
            #expect(left < 1e-3 && right < 1e-5, "path \(path)")
        }
    }

    @Test func emptyAndZeroMatrices() throws {
        #expect(try SingularValues(Matrix(rows: 0, columns: 4)).values.isEmpty)
        #expect(try SingularValues(Matrix(rows: 4, columns: 0)).values.isEmpty)
        let zero = try SingularValues(Matrix(rows: 5, columns: 3))
        #expect(zero.values == [0, 0, 0] && zero.left == Matrix(rows: 5, columns: 3))
        #expect(try SingularValues(.random(5, 3, seed: 1), rank: 0).values.isEmpty)
        #expect(try SingularValues(.random(5, 3, seed: 1), rank: 100).values.count == 3)
    }

    @Test func plantedValuesComeBack() throws {
        let values: [Float] = [100, 30, 10, 3, 1, 0.3, 0.1]
        let svd = try SingularValues(try Self.planted(90, 40, values: values, seed: 3), rank: 9)
        for (found, planted) in zip(svd.values, values) { #expect(abs(found - planted) < 2e-5 + 1e-5 * planted) }
        #expect(svd.values.dropFirst(values.count).allSatisfy { $0 < 2e-4 })
    }

    @Test func aRandomRangeFindsTheLeadingPart() throws {
        // Both sides above the exact method's limit; a tail of small values below the leading ones.
        let values = (0..<20).map { Float(100 - 4 * $0) } + (0..<40).map { _ in Float(5) }
        let matrix = try Self.planted(1200, 1100, values: values, seed: 5)
        let svd = try SingularValues(matrix, rank: 20, seed: 9)
        #expect(zip(svd.values, values).allSatisfy { abs($0 - $1) < 0.01 })
        #expect(Self.departureFromIdentity(Matrix.product(svd.left, svd.left, transposingFirst: true)) < 1e-4)
        #expect(Self.departureFromIdentity(Matrix.product(svd.right, svd.right, transposingSecond: true)) < 1e-4)
        let error = squaredDistance(svd.product.elements.span, matrix.elements.span)
        #expect(abs(error - 40 * 25) < 5)
        let again = try KernelPaths.unchanged {
            try (SingularValues(matrix, rank: 3, seed: 9).values, SingularValues(matrix, rank: 3, seed: 9).values)
        }
        #expect(again.0 == again.1)
    }

    @Test func aRangeOfDeficientRankIsNoObstacle() throws {
        let matrix = try Self.planted(1100, 1050, values: [7, 5, 3], seed: 8)
        let svd = try SingularValues(matrix, rank: 10)
        #expect(zip(svd.values, [7, 5, 3]).allSatisfy { abs($0 - $1) < 1e-3 })
        #expect(svd.values.dropFirst(3).allSatisfy { $0 < 1e-3 })
    }

    @Test func whatIsNotFiniteIsRefused() {
        #expect(throws: LinearAlgebraError.notFinite) {
            try SingularValues(Matrix(rows: 2, columns: 2, elements: [1, .nan, 0, 1]))
        }
    }
}
