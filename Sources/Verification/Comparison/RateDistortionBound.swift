import Foundation
import LinearAlgebra

/// The least error that any coding of a table could have at a number of bits, if its rows were Gaussian: row v is
/// sᵥ · z with z of the table's covariance and the scale sᵥ known for nothing (method: reverse water-filling over all
/// tokens and principal axes, Cover and Thomas, section 10.3).
///
/// Real tables are not Gaussian, so this is a mark to measure by, not a wall.
public struct RateDistortionBound: Sendable {
    /// Eigenvalues of the covariance of the scaled rows, largest first.
    public let spectrum: [Double]
    /// Squared row scales, ascending, each standing for as many rows as the next array says.
    private let scales: [(square: Double, rows: Double)]
    private let norm: Double

    /// The bound for the rows of `table`; their mean costs nothing.
    ///
    /// - Throws: where the eigenvalues are not found, which finite numbers do not cause.
    public init(_ table: Matrix) throws(LinearAlgebraError) {
        let (rows, columns) = (table.rows, table.columns)
        var mean = [Double](repeating: 0, count: columns)
        for row in 0..<rows {
            for (x, value) in table.row(row).enumerated() { mean[x] += Double(value) / Double(rows) }
        }
        norm = table.elements.reduce(0.0) { $0 + Double($1) * Double($1) }
        var squares: [Double] = []
        var scaled: [Float] = []
        scaled.reserveCapacity(table.elements.count)
        for row in 0..<rows {
            let centred = zip(table.row(row), mean).map { Double($0) - $1 }
            let square = centred.reduce(0.0) { $0 + $1 * $1 } / Double(max(1, columns))
            squares.append(square)
            let inverse = square > 0 ? 1 / square.squareRoot() : 0
            scaled += centred.map { Float($0 * inverse) }
        }
        let gram = SymmetricMatrix.gram(of: Matrix(rows: rows, columns: columns, elements: scaled))
        spectrum = try SymmetricEigen(gram).values.map { max(0, $0 / Double(max(1, rows))) }
        // A few hundred groups of rows of like scale say the same as all rows.
        squares.sort()
        let step = max(1, rows / 512)
        scales = stride(from: 0, to: rows, by: step).map { first in
            let group = squares[first..<min(first + step, rows)]
            return (group.reduce(0, +) / Double(group.count), Double(group.count))
        }
    }

    /// The relative error (root) at water level θ, and the bits.
    private func point(level: Double) -> (error: Double, bits: Double) {
        var (distortion, bits) = (0.0, 0.0)
        for scale in scales {
            for eigenvalue in spectrum {
                let variance = scale.square * eigenvalue
                distortion += scale.rows * min(level, variance)
                if variance > level { bits += scale.rows * 0.5 * log2(variance / level) }
            }
        }
        return (norm > 0 ? (distortion / norm).squareRoot() : 0, bits)
    }

    /// The relative error (Frobenius, root) that `bytes` bytes allow.
    public func relativeError(atBytes bytes: Double) -> Double {
        var (low, high) = (1e-30, (scales.last?.square ?? 1) * (spectrum.first ?? 1) + 1e-30)
        for _ in 0..<60 {
            let middle = (low * high).squareRoot()
            if point(level: middle).bits > 8 * bytes { low = middle } else { high = middle }
        }
        return point(level: high).error
    }
}
