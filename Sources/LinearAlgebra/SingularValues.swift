/// The leading part of the singular value decomposition X ≈ U·Σ·Vᵀ.
public struct SingularValues: Sendable {
    /// U `[rows, rank]`: orthonormal columns, less exactly so where a value is near the rounding errors of the first;
    /// a column is zero where its value is.
    public let left: Matrix
    /// The singular values, largest first.
    public let values: [Float]
    /// Vᵀ `[rank, columns]`: orthonormal rows.
    public let right: Matrix

    /// Matrices with no side above this are decomposed exactly: eigenvalues of that size take less than a second.
    private static let exactSize = 1024
    /// Directions that a random range holds beyond those asked for, and how often it is sharpened (Halko, Martinsson
    /// and Tropp 2011 find 5 to 10 and 1 to 3 enough; embedding tables have flat spectra and gain from more).
    private static let oversampling = 16
    private static let powerIterations = 4

    /// The best approximation of `matrix` of the given rank (default and at most: its smaller side).
    ///
    /// By the eigenvectors of XᵀX or XXᵀ, in Double; values below 10⁻⁷ of the first are mostly rounding. A low rank of
    /// a matrix whose sides both exceed 1,024 is found in a random range instead, with almost the error of the best
    /// approximation; `seed` decides on the range.
    public init(_ matrix: Matrix, rank: Int? = nil, seed: UInt64 = 0) throws(LinearAlgebraError) {
        let smaller = min(matrix.rows, matrix.columns)
        let rank = min(rank ?? smaller, smaller)
        if smaller > Self.exactSize, 4 * (rank + Self.oversampling) < smaller {
            try self.init(inRandomRangeOf: matrix, rank: rank, seed: seed)
        } else if matrix.columns <= matrix.rows {
            try self.init(byGramMatrixOf: matrix, rank: rank)
        } else {
            let other = try SingularValues(byGramMatrixOf: matrix.transposed, rank: rank)
            self.init(left: other.right.transposed, values: other.values, right: other.left.transposed)
        }
    }

    private init(left: Matrix, values: [Float], right: Matrix) {
        self.left = left
        self.values = values
        self.right = right
    }

    /// U·Σ·Vᵀ `[rows, columns]`.
    public var product: Matrix {
        Matrix.product(left.scalingColumns(by: values), right)
    }

    private init(byGramMatrixOf matrix: Matrix, rank: Int) throws(LinearAlgebraError) {
        let eigen = try SymmetricEigen(SymmetricMatrix.gram(of: matrix))
        let right = eigen.leadingVectors(rank)
        let scaled = Matrix.product(matrix, right, transposingSecond: true)
        // The lengths of X·v are more accurate than the roots of the eigenvalues.
        var squares = [Double](repeating: 0, count: rank)
        for row in 0..<scaled.rows {
            for (column, element) in scaled.row(row).enumerated() {
                squares[column] += Double(element) * Double(element)
            }
        }
        let values = squares.map { Float($0.squareRoot()) }
        self.init(left: scaled.scalingColumns(by: values.map { $0 > 0 ? 1 / $0 : 0 }), values: values, right: right)
    }

    private init(inRandomRangeOf matrix: Matrix, rank: Int, seed: UInt64) throws(LinearAlgebraError) {
        var random = SplitMix64(seed: seed)
        let width = rank + Self.oversampling
        let start = Matrix(
            rows: matrix.columns,
            columns: width,
            elements: (0..<matrix.columns * width).map { _ in random.normal() }
        )
        var range = try Matrix.product(matrix, start).orthonormalBasis()
        for _ in 0..<Self.powerIterations {
            let back = try Matrix.product(matrix, range, transposingFirst: true).orthonormalBasis()
            range = try Matrix.product(matrix, back).orthonormalBasis()
        }
        let projected = Matrix.product(range, matrix, transposingFirst: true)
        let small = try SingularValues(projected, rank: rank)
        self.init(left: Matrix.product(range, small.left), values: small.values, right: small.right)
    }
}

extension Matrix {
    /// The matrix with each column times its factor.
    fileprivate func scalingColumns(by factors: [Float]) -> Matrix {
        var result = self
        result.fillRows(chunkRows: 256) { [columns] rows, elements in
            for row in 0..<rows.count {
                for column in 0..<columns { elements[row * columns + column] *= factors[column] }
            }
        }
        return result
    }

    /// Orthonormal columns that span the range of the matrix, less directions that drown in rounding errors.
    ///
    /// By the eigenvectors of the Gram matrix, unlike Cholesky's factor, which fails where the rank is deficient; the
    /// second round removes the rounding errors of the first.
    fileprivate func orthonormalBasis() throws(LinearAlgebraError) -> Matrix {
        var basis = self
        for _ in 0..<2 {
            let eigen = try SymmetricEigen(SymmetricMatrix.gram(of: basis))
            let threshold = (eigen.values.first ?? 0) * 1e-10
            let kept = eigen.values.prefix { $0 > threshold }
            let directions = eigen.leadingVectors(kept.count)
            basis = Matrix.product(basis, directions, transposingSecond: true)
                .scalingColumns(by: kept.map { Float(1 / $0.squareRoot()) })
        }
        return basis
    }
}
