import LinearAlgebra

/// Mean and principal axes of a matrix whose rows are scaled by their gains.
struct RowTransform: Sendable {
    /// The mean, each row weighted by the square of its scale.
    let mean: [Double]
    /// The covariance of the scaled rows around the mean.
    let covariance: SymmetricMatrix
    /// Its eigenvalues, largest first.
    let variances: [Double]
    /// Its eigenvectors as rows.
    let axes: Matrix

    /// Of `table`, whose row v counts with 2^gain(v) (`gains` may be empty for 1).
    init(of table: some RowSource, gains: [Int8]) throws(ResidualCodingError) {
        let (rows, columns) = (table.rowCount, table.columnCount)
        let chunk = 1024
        let parts = try Parallel.mapChunks(of: rows, size: chunk) { range throws(ResidualCodingError) in
            let block = try table.block(range)
            var sum = [Double](repeating: 0, count: columns + 1)
            for row in range {
                let weight = Self.weight(row, gains)
                sum[columns] += weight
                block.withRow(row - range.lowerBound) { values in
                    for column in 0..<columns { sum[column] += weight * Double(values[column]) }
                }
            }
            return sum
        }
        var total = [Double](repeating: 0, count: columns + 1)
        for part in parts { for i in total.indices { total[i] += part[i] } }
        let mean = (0..<columns).map { total[$0] / max(total[columns], .leastNormalMagnitude) }
        var gram = SymmetricMatrix(size: columns)
        // Sums of blocks are rounded alike whatever the width; blocks of 16 MiB at most keep wide tables small.
        let height = min(4096, max(256, (1 << 22) / max(1, columns)))
        for first in stride(from: 0, to: rows, by: height) {
            let range = first..<min(first + height, rows)
            var part = try table.block(range)
            for (i, row) in range.enumerated() {
                let scale = Self.weight(row, gains).squareRoot()
                part.withMutableRow(i) { values in
                    for column in 0..<columns {
                        values[column] = Float((Double(values[column]) - mean[column]) * scale)
                    }
                }
            }
            part.withView { gram.addGram(of: $0) }
        }
        self.mean = mean
        covariance = SymmetricMatrix(
            size: columns,
            lowerTriangleOf: gram.elements.map { $0 / Double(max(1, rows)) }
        )
        do {
            let eigen = try SymmetricEigen(covariance)
            variances = eigen.values.map { max($0, 0) }
            axes = eigen.leadingVectors(columns)
        } catch {
            throw ResidualCodingError(.value, "residual", "\(error)", remedy: "repair the table")
        }
    }

    private static func weight(_ row: Int, _ gains: [Int8]) -> Double {
        gains.isEmpty ? 1 : binaryPower(Double(gains[row]))
    }

    /// The variances along the rows of `basis`.
    func variances(along basis: Matrix) -> [Double] {
        let matrix = Matrix(
            rows: covariance.size,
            columns: covariance.size,
            elements: covariance.elements.map(Float.init)
        )
        let product = Matrix.product(basis, matrix)
        return (0..<basis.rows).map { row in
            max(0, product.withRow(row) { p in basis.withRow(row) { preciseDot(p, $0) } })
        }
    }
}
