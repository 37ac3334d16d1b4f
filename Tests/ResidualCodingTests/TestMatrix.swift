import LinearAlgebra

/// Matrices like embedding tables: correlated columns, rows of unlike lengths, a mean.
enum TestMatrix {
    static func random(rows: Int, columns: Int, seed: UInt64 = 1) -> Matrix {
        var random = SplitMix64(seed: seed)
        let mixing = Matrix(
            rows: columns,
            columns: columns,
            elements: (0..<columns * columns).map { _ in random.normal() }
        )
        var sources = Matrix(rows: rows, columns: columns)
        for row in 0..<rows {
            let length = 0.5 + random.uniform()
            for column in 0..<columns { sources[row, column] = length * random.normal() / Float(1 + column) }
        }
        var matrix = Matrix.product(sources, mixing)
        for row in 0..<rows { for column in 0..<columns { matrix[row, column] += 0.5 } }
        return matrix
    }

    /// Orthonormal systems times `lengths`, each and its negative: the mean is 0, and all axes have one variance.
    static func even(lengths: [Float], columns: Int) throws -> Matrix {
        var random = SplitMix64(seed: 3)
        var elements: [Float] = []
        for length in lengths {
            let symmetric = SymmetricMatrix(
                size: columns,
                lowerTriangleOf: (0..<columns * columns).map { _ in Double(random.normal()) }
            )
            let system = try SymmetricEigen(symmetric).vectors.map { length * Float($0) }
            elements += system + system.map { -$0 }
        }
        return Matrix(rows: 2 * lengths.count * columns, columns: columns, elements: elements)
    }

    /// ‖a − b‖ / ‖a‖.
    static func relativeError(_ a: Matrix, _ b: Matrix) -> Double {
        let error = squaredDistance(a.elements.span, b.elements.span)
        return (error / sumOfSquares(a.elements.span)).squareRoot()
    }
}
