import LinearAlgebra

/// A pre-norm layer: x += attention(norm x), then x += feed-forward(norm x).
public struct DecoderLayer: Sendable {
    /// Before attention.
    public let attentionNorm: RMSNorm
    /// Query, key and value weights, stacked.
    public let attentionInput: Linear
    /// From the heads back to the layer's width.
    public let attentionOutput: Linear
    /// Before the feed-forward part.
    public let feedForwardNorm: RMSNorm
    /// The feed-forward part.
    public let feedForward: GatedFeedForward

    /// A layer of these parts.
    public init(
        attentionNorm: RMSNorm,
        attentionInput: Linear,
        attentionOutput: Linear,
        feedForwardNorm: RMSNorm,
        feedForward: GatedFeedForward
    ) {
        self.attentionNorm = attentionNorm
        self.attentionInput = attentionInput
        self.attentionOutput = attentionOutput
        self.feedForwardNorm = feedForwardNorm
        self.feedForward = feedForward
    }

    /// Bytes of weights that a token reads.
    public var byteCount: Int {
        attentionInput.byteCount + attentionOutput.byteCount + feedForward.gateAndUp.byteCount
            + feedForward.down.byteCount
    }
}

/// Everything that a decoder's forward pass computes for a batch of tokens, one buffer for each step; layers write into
/// the same buffers one after the other.
public final class DecoderActivations {
    /// Tokens that fit.
    public let capacity: Int
    private let memory: UnsafeMutablePointer<Float>
    private let shape: DecoderShape

    /// Buffers for up to `capacity` tokens.
    public init(_ shape: DecoderShape, capacity: Int) {
        self.shape = shape
        self.capacity = capacity
        let widths = Self.widths(shape).reduce(0, +)
        memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * capacity * widths, alignment: 64)
            .bindMemory(to: Float.self, capacity: capacity * widths)
    }

    deinit { memory.deallocate() }

    private static func widths(_ shape: DecoderShape) -> [Int] {
        let attention = shape.attention
        return [
            shape.width, shape.width, shape.width, attention.queryWidth + 2 * attention.keyWidth, attention.queryWidth,
            2 * shape.innerWidth, shape.innerWidth,
        ]
    }

    private func buffer(_ index: Int, _ rows: Int) -> MutableMatrixView<Float> {
        precondition(rows <= capacity, "more tokens than fit")
        let widths = Self.widths(shape)
        let offset = widths[..<index].reduce(0, +) * capacity
        return MutableMatrixView(memory + offset, rows: rows, columns: widths[index])
    }

    /// The vectors that go from layer to layer, `[T, width]`.
    func hidden(_ rows: Int) -> MutableMatrixView<Float> { buffer(0, rows) }
    /// Normalised vectors, `[T, width]`.
    func normed(_ rows: Int) -> MutableMatrixView<Float> { buffer(1, rows) }
    /// What a part of a layer adds to the hidden vectors, `[T, width]`.
    func added(_ rows: Int) -> MutableMatrixView<Float> { buffer(2, rows) }
    /// Queries, keys and values.
    func projected(_ rows: Int) -> MutableMatrixView<Float> { buffer(3, rows) }
    /// Results of the heads.
    func attended(_ rows: Int) -> MutableMatrixView<Float> { buffer(4, rows) }
    /// Gate and up, `[T, 2 · inner]`.
    func gateAndUp(_ rows: Int) -> MutableMatrixView<Float> { buffer(5, rows) }
    /// Their product, `[T, inner]`.
    func gated(_ rows: Int) -> MutableMatrixView<Float> { buffer(6, rows) }
}
