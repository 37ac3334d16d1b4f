import LinearAlgebra

/// A causal language model of the LLaMA kind: embedding, pre-norm layers with rotary attention and gated feed-forward
/// parts, a norm and a head. Phi-3 is one too.
public struct DecoderModel: Sendable {
    /// Sizes and rules.
    public let shape: DecoderShape
    /// Tokens to vectors.
    public let embedding: any EmbeddingTable
    /// The layers.
    public let layers: [DecoderLayer]
    /// Before the head.
    public let norm: RMSNorm
    /// Vectors to scores.
    public let head: any OutputHead

    /// Tokens whose activations are held at once: a model 3,072 wide takes 50 MB for them.
    public static let batchSize = 256

    /// The model of these parts.
    ///
    /// - Precondition: their widths fit `shape`.
    public init(
        shape: DecoderShape,
        embedding: any EmbeddingTable,
        layers: [DecoderLayer],
        norm: RMSNorm,
        head: any OutputHead
    ) {
        precondition(layers.count == shape.layerCount && norm.weight.count == shape.width, "parts do not fit the shape")
        precondition(embedding.width == shape.width && head.width == shape.width, "tables do not fit the shape")
        self.shape = shape
        self.embedding = embedding
        self.layers = layers
        self.norm = norm
        self.head = head
    }

    /// Bytes of weights that one new token reads.
    public var bytesPerToken: Int { layers.reduce(head.byteCount) { $0 + $1.byteCount } }

    /// An empty cache for a sequence of up to `capacity` tokens.
    public func makeCache(capacity: Int) throws(TransformerError) -> KeyValueCache {
        try KeyValueCache(
            layers: shape.layerCount,
            heads: shape.attention.keyValueHeads,
            headWidth: shape.attention.headWidth,
            capacity: capacity
        )
    }

    /// Runs the layers over `tokens`, which follow those in `cache`, and adds them to it. The result is the normalised
    /// last hidden state `[tokens.count, width]`, in a buffer of `activations` that the next call overwrites.
    ///
    /// - Parameters:
    ///   - isLong: whether positions take the long list of frequencies; the same for all tokens of a sequence.
    ///   - observe: sees the hidden state `[T, width]` before layer 0, after each layer but the last, and, normalised,
    ///     after the last: numbers 0 to `layerCount`.
    /// - Precondition: tokens are in the table, fit into cache and activations, and are at least one.
    public func forward(
        _ tokens: ArraySlice<Int>,
        cache: KeyValueCache,
        activations: DecoderActivations,
        isLong: Bool,
        observe: ((Int, MatrixView<Float>) -> Void)? = nil
    ) -> MatrixView<Float> {
        let count = tokens.count
        precondition(count > 0 && cache.count + count <= cache.capacity, "no tokens, or more than fit")
        let hidden = activations.hidden(count)
        let normed = activations.normed(count)
        let added = activations.added(count)
        embedding.write(tokens, to: hidden)
        let angles = shape.rotary.angles(cache.count..<cache.count + count, isLong: isLong)
        let attention = CausalAttention(shape.attention, window: shape.window)
        for (index, layer) in layers.enumerated() {
            observe?(index, hidden.readOnly)
            layer.attentionNorm.forward(hidden.readOnly, into: normed)
            layer.attentionInput.forward(normed.readOnly, into: activations.projected(count))
            attention.forward(
                activations.projected(count),
                cache: cache,
                layer: index,
                rotary: shape.rotary,
                angles: angles,
                into: activations.attended(count)
            )
            layer.attentionOutput.forward(activations.attended(count).readOnly, into: added)
            hidden.add(added.readOnly)
            layer.feedForwardNorm.forward(hidden.readOnly, into: normed)
            layer.feedForward.forward(
                normed.readOnly,
                projected: activations.gateAndUp(count),
                gated: activations.gated(count),
                into: added
            )
            hidden.add(added.readOnly)
        }
        cache.advance(by: count)
        norm.forward(hidden.readOnly, into: normed)
        observe?(layers.count, normed.readOnly)
        return normed.readOnly
    }
}
