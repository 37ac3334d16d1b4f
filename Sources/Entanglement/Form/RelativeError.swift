import LinearAlgebra

extension FactoredTable {
    /// ‖E − Ê‖ / ‖E‖ (Frobenius, root) against the dense `table`, plain and with each token's squares weighted; streams
    /// over the rows.
    public func relativeErrors(against table: Matrix, weights: [Float]? = nil) -> (plain: Double, weighted: Double) {
        precondition(table.rows == tokenCount && table.columns == dimension, "tables of different shapes")
        var (error, norm, weightedError, weightedNorm) = (0.0, 0.0, 0.0, 0.0)
        forEachPiece { range, piece in
            for (i, row) in range.enumerated() {
                let (difference, square) = table.withRow(row) { original in
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
