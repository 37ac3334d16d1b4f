import LinearAlgebra

/// A bidirectional encoder: embedding and post-norm layers. BERT is one, and so is the reading half of Marian.
public struct EncoderModel: Sendable {
    /// Sizes.
    public let shape: EncoderShape
    /// Tokens to vectors.
    public let embedding: TokenEmbedding
    /// The layers.
    public let layers: [EncoderLayer]

    /// The model of these parts.
    ///
    /// - Precondition: their widths fit `shape`.
    public init(shape: EncoderShape, embedding: TokenEmbedding, layers: [EncoderLayer]) {
        precondition(layers.count == shape.layerCount, "parts do not fit the shape")
        precondition(embedding.table.width == shape.width, "the table does not fit the shape")
        self.shape = shape
        self.embedding = embedding
        self.layers = layers
    }

    /// Tokens that a text may have.
    public var contextLength: Int { min(shape.contextLength, embedding.positions.context) }

    /// Runs the layers over the texts of `batch`. The result is the last hidden state `[T, width]`, T being the tokens of
    /// all texts, in a buffer of `activations` that the next call overwrites.
    ///
    /// - Parameter observe: sees the hidden state `[T, width]` before layer 0 and after each layer: numbers 0 to
    ///   `layerCount`.
    /// - Throws: `TransformerError` for texts that are empty, too long or hold tokens beyond the table.
    public func forward(
        _ batch: RaggedBatch,
        activations: EncoderActivations,
        observe: ((Int, MatrixView<Float>) -> Void)? = nil
    ) throws(TransformerError) -> MatrixView<Float> {
        try batch.check(
            tokenCount: embedding.table.tokenCount,
            contextLength: contextLength,
            typeCount: embedding.typeCount
        )
        precondition(batch.tokens.count <= activations.capacity, "more tokens than fit")
        let hidden = activations.hidden(batch.tokens.count)
        embedding.forward(batch, into: hidden)
        observe?(0, hidden.readOnly)
        for (index, layer) in layers.enumerated() {
            layer.forward(batch, attention: shape.attention, activations)
            observe?(index + 1, hidden.readOnly)
        }
        return hidden.readOnly
    }
}
