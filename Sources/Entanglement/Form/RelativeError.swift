import LinearAlgebra

extension FactoredTable {
    /// The same for a table in memory.
    public func relativeErrors(against table: Matrix, weights: [Float]? = nil) -> (plain: Double, weighted: Double) {
        errors(weights: weights) { range in table.rows(range) }
    }

    /// ‖E − Ê‖ / ‖E‖ (Frobenius, root) against the dense `table`, plain and with each token's squares weighted; streams
    /// over the rows.
    ///
    /// - Throws: what `table` throws where its rows cannot be read.
    public func relativeErrors(
        against table: some RowSource,
        weights: [Float]? = nil
    ) throws -> (plain: Double, weighted: Double) {
        precondition(table.rowCount == tokenCount && table.columnCount == dimension, "tables of different shapes")
        return try errors(weights: weights) { range in try table.rows(range) }
    }

    /// Rows that are compared with a dense table's at a time, so that the pieces of both take little memory.
    var comparedRows: Int { min(4096, max(128, (1 << 22) / max(1, dimension))) }

    private func errors<Failure: Error>(
        weights: [Float]?,
        _ rows: (Range<Int>) throws(Failure) -> Matrix
    ) throws(Failure) -> (plain: Double, weighted: Double) {
        var (error, norm, weightedError, weightedNorm) = (0.0, 0.0, 0.0, 0.0)
        try forEachPiece(ofRows: comparedRows) { range, piece throws(Failure) in
            let originals = try rows(range)
            for (i, row) in range.enumerated() {
                let (difference, square) = originals.withRow(i) { original in
                    (piece.withRow(i) { squaredDistance(original, $0) }, sumOfSquares(original))
                }
                let weight = Double(weights?[row] ?? 1)
                error += difference
                norm += square
                weightedError += weight * difference
                weightedNorm += weight * square
            }
        }
        func root(_ error: Double, _ norm: Double) -> Double {
            norm > 0 ? (error / norm).squareRoot() : error > 0 ? .infinity : 0
        }
        return (root(error, norm), root(weightedError, weightedNorm))
    }
}
