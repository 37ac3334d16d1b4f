import Entanglement
import LinearAlgebra
import ResidualCoding

/// A table in two layers: entangled factors, or none, and the coded residual of what they leave.
public struct LayeredTable: FactoredTable {
    /// The factors; nil where the residual holds everything.
    public let factors: (any StorableTable)?
    /// What the factors leave.
    public let residual: CodedResidual

    /// The sum of both layers, which must be of the same shape.
    public init(factors: (any StorableTable)?, residual: CodedResidual) {
        precondition(factors.map { $0.tokenCount == residual.rowCount } ?? true, "layers of different heights")
        precondition(factors.map { $0.dimension == residual.columnCount } ?? true, "layers of different widths")
        (self.factors, self.residual) = (factors, residual)
    }

    /// The number V of tokens.
    public var tokenCount: Int { residual.rowCount }
    /// The length d of a token's vector.
    public var dimension: Int { residual.columnCount }
    /// The parts of both layers. A coefficient of the residual counts as a number, whatever its few bits.
    public var parts: [StoredPart] {
        (factors?.parts ?? [])
            + residual.parts.map { part in
                StoredPart(part.name, numbers: part.numbers, isIndex: part.name == "residual.index", bytes: part.bytes)
            }
    }

    /// Writes the vectors of `tokens`, one after the other, to `rows`.
    public func write(_ tokens: Range<Int>, to rows: inout MutableSpan<Float>) {
        residual.write(tokens, to: &rows)
        guard let factors else { return }
        var below = [Float](repeating: 0, count: rows.count)
        var span = below.mutableSpan
        factors.write(tokens, to: &span)
        for i in 0..<rows.count { rows[i] += span[i] }
    }
}
