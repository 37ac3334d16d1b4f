import LinearAlgebra

/// An encoder–decoder translator of the first Transformer's kind, as Marian trains them.
public struct TranslationModel: Sendable {
    /// The reading half.
    public let encoder: EncoderModel
    /// Sizes of the writing half.
    public let shape: EncoderShape
    /// The writing half's tokens to vectors.
    public let embedding: TokenEmbedding
    /// The writing half's layers.
    public let layers: [TranslationLayer]
    /// Vectors to scores.
    public let head: any OutputHead

    /// The model of these parts.
    ///
    /// - Precondition: both halves are equally wide, and the parts fit `shape`.
    public init(
        encoder: EncoderModel,
        shape: EncoderShape,
        embedding: TokenEmbedding,
        layers: [TranslationLayer],
        head: any OutputHead
    ) {
        precondition(encoder.shape.width == shape.width && embedding.table.width == shape.width, "different widths")
        precondition(head.width == shape.width && layers.count == shape.layerCount, "parts do not fit the shape")
        self.encoder = encoder
        self.shape = shape
        self.embedding = embedding
        self.layers = layers
        self.head = head
    }

    /// Tokens that a translation may have, the one that begins it included.
    public var contextLength: Int { min(shape.contextLength, embedding.positions.context) }
}
