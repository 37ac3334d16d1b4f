import LinearAlgebra

/// The first step of an encoder or of a decoder with learned or sinusoidal positions:
/// h = norm(scale · E[token] + K[kind] + P[place]), where K and the norm may be absent.
public struct TokenEmbedding: Sendable {
    /// E
    public let table: any EmbeddingTable
    /// Multiplies the vectors of tokens: √width where a model scales its embeddings, else 1.
    public let scale: Float
    /// P
    public let positions: PositionTable
    /// K, a vector for each kind of text, `[kinds, width]`: BERT's token types; nil for none.
    public let types: Matrix?
    /// After the sum; nil for none.
    public let norm: LayerNorm?

    /// The sum of these parts.
    ///
    /// - Precondition: they are equally wide.
    public init(
        table: any EmbeddingTable,
        scale: Float = 1,
        positions: PositionTable,
        types: Matrix? = nil,
        norm: LayerNorm? = nil
    ) {
        precondition(positions.vectors.columns == table.width, "tables of different widths")
        precondition((types?.columns ?? table.width) == table.width, "tables of different widths")
        precondition((norm?.weight.count ?? table.width) == table.width, "a norm of another width")
        self.table = table
        self.scale = scale
        self.positions = positions
        self.types = types
        self.norm = norm
    }

    /// Kinds of text that have a vector.
    public var typeCount: Int { types?.rows ?? 1 }

    /// Writes the vectors of the tokens of `batch` to `hidden` `[T, width]`.
    ///
    /// - Precondition: tokens, places and kinds are in their tables.
    public func forward(_ batch: RaggedBatch, into hidden: MutableMatrixView<Float>) {
        precondition(hidden.rows == batch.tokens.count, "shapes do not fit")
        let width = table.width
        Parallel.forEachChunk(of: hidden.rows, size: 64) { rows in
            table.write(batch.tokens[rows], to: hidden.extracting(rows: rows, columns: 0..<width))
            let vectors = positions.vectors.elements.span
            for row in rows {
                let target = hidden.base + row * hidden.rowStride
                let first = batch.positions[row] * width
                if let types {
                    let kinds = types.elements.span
                    let kind = batch.types[row] * width
                    for column in 0..<width {
                        target[column] = target[column] * scale + kinds[kind + column] + vectors[first + column]
                    }
                } else {
                    for column in 0..<width { target[column] = target[column] * scale + vectors[first + column] }
                }
            }
        }
        norm?.forward(hidden.readOnly, into: hidden)
    }
}
