/// The sizes of an encoder: everything but its weights.
public struct EncoderShape: Sendable, Hashable {
    /// Length of a token's vector between layers.
    public var width: Int
    /// Layers.
    public var layerCount: Int
    /// Heads of attention; they divide `width`.
    public var heads: Int
    /// Length of the inner vectors of the feed-forward part.
    public var innerWidth: Int
    /// Tokens that a text may have.
    public var contextLength: Int

    /// An encoder of these sizes.
    public init(width: Int, layerCount: Int, heads: Int, innerWidth: Int, contextLength: Int) {
        precondition(heads > 0 && width % heads == 0, "heads of different widths")
        self.width = width
        self.layerCount = layerCount
        self.heads = heads
        self.innerWidth = innerWidth
        self.contextLength = contextLength
    }

    /// Attention of each layer.
    var attention: BidirectionalAttention { BidirectionalAttention(heads: heads, headWidth: width / heads) }
}
