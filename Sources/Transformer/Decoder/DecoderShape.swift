/// The sizes and rules of a decoder: everything but its weights.
public struct DecoderShape: Sendable {
    /// Rows of the vocabulary tables.
    public var vocabularySize: Int
    /// Length of a token's vector between layers.
    public var width: Int
    /// Layers.
    public var layerCount: Int
    /// Heads of attention.
    public var attention: AttentionShape
    /// Length of the inner vectors of the feed-forward part.
    public var innerWidth: Int
    /// ε of the norms.
    public var normEpsilon: Float
    /// Positions.
    public var rotary: RotaryEmbedding
    /// How many tokens a token sees, itself included; nil for all.
    public var window: Int?
    /// Tokens that the model was made for.
    public var contextLength: Int

    /// A decoder of these sizes.
    public init(
        vocabularySize: Int,
        width: Int,
        layerCount: Int,
        attention: AttentionShape,
        innerWidth: Int,
        normEpsilon: Float,
        rotary: RotaryEmbedding,
        window: Int? = nil,
        contextLength: Int
    ) {
        self.vocabularySize = vocabularySize
        self.width = width
        self.layerCount = layerCount
        self.attention = attention
        self.innerWidth = innerWidth
        self.normEpsilon = normEpsilon
        self.rotary = rotary
        self.window = window
        self.contextLength = contextLength
    }
}
