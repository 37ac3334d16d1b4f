import LinearAlgebra

/// A post-norm layer of a translator's writing half (Vaswani et al. 2017): x = norm₁(x + attention(x) over the tokens so
/// far), x = norm₂(x + attention(x) over the source), x = norm₃(x + feed-forward(x)).
public struct TranslationLayer: Sendable {
    /// Query, key and value weights over the tokens so far, stacked: `[3 · width, width]`.
    public let selfInput: Linear
    /// From the heads back to the layer's width.
    public let selfOutput: Linear
    /// After attention to the tokens so far.
    public let selfNorm: LayerNorm
    /// Query weights over the source.
    public let sourceQuery: Linear
    /// Key and value weights over the source, stacked: `[2 · width, width]`.
    public let sourceKeyValue: Linear
    /// From the heads back to the layer's width.
    public let sourceOutput: Linear
    /// After attention to the source.
    public let sourceNorm: LayerNorm
    /// The feed-forward part.
    public let feedForward: FeedForward
    /// After the feed-forward part.
    public let feedForwardNorm: LayerNorm

    /// A layer of these parts.
    public init(
        selfInput: Linear,
        selfOutput: Linear,
        selfNorm: LayerNorm,
        sourceQuery: Linear,
        sourceKeyValue: Linear,
        sourceOutput: Linear,
        sourceNorm: LayerNorm,
        feedForward: FeedForward,
        feedForwardNorm: LayerNorm
    ) {
        self.selfInput = selfInput
        self.selfOutput = selfOutput
        self.selfNorm = selfNorm
        self.sourceQuery = sourceQuery
        self.sourceKeyValue = sourceKeyValue
        self.sourceOutput = sourceOutput
        self.sourceNorm = sourceNorm
        self.feedForward = feedForward
        self.feedForwardNorm = feedForwardNorm
    }
}
