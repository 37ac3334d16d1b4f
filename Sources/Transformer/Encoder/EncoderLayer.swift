import LinearAlgebra

/// A post-norm layer (Vaswani et al. 2017): x = norm₁(x + attention(x)), then x = norm₂(x + feed-forward(x)). BERT's and
/// Marian's encoders are made of it.
public struct EncoderLayer: Sendable {
    /// Query, key and value weights, stacked: `[3 · width, width]`.
    public let attentionInput: Linear
    /// From the heads back to the layer's width.
    public let attentionOutput: Linear
    /// After attention.
    public let attentionNorm: LayerNorm
    /// The feed-forward part.
    public let feedForward: FeedForward
    /// After the feed-forward part.
    public let feedForwardNorm: LayerNorm

    /// A layer of these parts.
    public init(
        attentionInput: Linear,
        attentionOutput: Linear,
        attentionNorm: LayerNorm,
        feedForward: FeedForward,
        feedForwardNorm: LayerNorm
    ) {
        self.attentionInput = attentionInput
        self.attentionOutput = attentionOutput
        self.attentionNorm = attentionNorm
        self.feedForward = feedForward
        self.feedForwardNorm = feedForwardNorm
    }

    /// Replaces the hidden vectors of `batch` in `activations` by what the layer makes of them.
    func forward(_ batch: RaggedBatch, attention: BidirectionalAttention, _ activations: EncoderActivations) {
        let count = batch.tokens.count
        let hidden = activations.hidden(count)
        let projected = activations.projected(count)
        let attended = activations.attended(count)
        let added = activations.added(count)
        attentionInput.forward(hidden.readOnly, into: projected)
        attention.forward(projected.readOnly, batch: batch, into: attended)
        attentionOutput.forward(attended.readOnly, into: added)
        attentionNorm.forward(added.readOnly, residual: hidden.readOnly, into: hidden)
        feedForward.forward(hidden.readOnly, inner: activations.inner(count), into: added)
        feedForwardNorm.forward(added.readOnly, residual: hidden.readOnly, into: hidden)
    }
}

/// Everything that an encoder's forward pass computes for a batch of tokens, one buffer for each step; layers write into
/// the same buffers one after the other. They belong to one pass at a time.
public final class EncoderActivations {
    /// Tokens that fit.
    public let capacity: Int
    private let memory: UnsafeMutablePointer<Float>
    private let widths: [Int]

    /// Buffers for up to `capacity` tokens.
    public init(_ shape: EncoderShape, capacity: Int) {
        self.capacity = max(1, capacity)
        widths = [shape.width, 3 * shape.width, shape.width, shape.width, shape.innerWidth]
        let count = self.capacity * widths.reduce(0, +)
        memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * count, alignment: 64)
            .bindMemory(to: Float.self, capacity: count)
    }

    deinit { memory.deallocate() }

    private func buffer(_ index: Int, _ rows: Int) -> MutableMatrixView<Float> {
        precondition(rows <= capacity, "more tokens than fit")
        return MutableMatrixView(
            memory + widths[..<index].reduce(0, +) * capacity,
            rows: rows,
            columns: widths[index]
        )
    }

    /// The vectors that go from layer to layer, `[T, width]`.
    func hidden(_ rows: Int) -> MutableMatrixView<Float> { buffer(0, rows) }
    /// Queries, keys and values, `[T, 3 · width]`.
    func projected(_ rows: Int) -> MutableMatrixView<Float> { buffer(1, rows) }
    /// Results of the heads, `[T, width]`.
    func attended(_ rows: Int) -> MutableMatrixView<Float> { buffer(2, rows) }
    /// What a part of a layer adds to the hidden vectors, `[T, width]`.
    func added(_ rows: Int) -> MutableMatrixView<Float> { buffer(3, rows) }
    /// The feed-forward part's inner vectors, `[T, inner]`.
    func inner(_ rows: Int) -> MutableMatrixView<Float> { buffer(4, rows) }
}
