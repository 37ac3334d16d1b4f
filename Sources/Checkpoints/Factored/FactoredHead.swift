import Entanglement
import LinearAlgebra
import ResidualCoding

/// A factored table as the first and the last step of a model: rows of tokens, and products of hidden vectors with every row,
/// both without the dense matrix.
public struct FactoredHead: Sendable {
    private let factors: (table: EntangledEmbedding, head: EntangledHead)?
    private let residual: ResidualHead?
    /// The number V of tokens.
    public let tokenCount: Int
    /// The length d of a vector.
    public let dimension: Int

    /// Bytes that a product reads.
    public var byteCount: Int { (factors?.head.byteCount ?? 0) + (residual?.byteCount ?? 0) }

    /// A head over `table`; nil where its form has none (rivals, for which the dense matrix is rebuilt).
    public init?(_ table: any FactoredTable) {
        let layers = table as? LayeredTable
        switch layers.map({ $0.factors as (any FactoredTable)? }) ?? table {
        case let embedding as EntangledEmbedding: factors = (embedding, EntangledHead(embedding))
        case nil: factors = nil
        default: return nil
        }
        residual = (layers?.residual).map(ResidualHead.init)
        (tokenCount, dimension) = (table.tokenCount, table.dimension)
    }

    /// Writes ⟨E(v), h⟩ for every h, a row of `hidden` `[n, dimension]`, and every token v to `logits` `[n, tokenCount]`.
    public func multiply(_ hidden: MatrixView<Float>, into logits: MutableMatrixView<Float>) {
        factors?.head.multiply(hidden, into: logits)
        residual?.multiply(hidden, into: logits, isAdding: factors != nil)
    }

    /// Writes the vector of `token` to `row`, `dimension` numbers. No other token is needed for that.
    public func write(_ token: Int, to row: inout MutableSpan<Float>) {
        guard let residual else {
            factors?.table.write(token..<token + 1, to: &row)
            return
        }
        residual.write(token, to: &row)
        guard let factors else { return }
        var below = [Float](repeating: 0, count: row.count)
        var span = below.mutableSpan
        factors.table.write(token..<token + 1, to: &span)
        for i in 0..<row.count { row[i] += span[i] }
    }
}
