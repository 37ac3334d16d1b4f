import LinearAlgebra

/// BERT's head for filling blanks: scores = E norm(f(W x + b)) + c.
public struct MaskedLanguageHead: Sendable {
    /// W and b.
    public let transform: Linear
    /// f
    public let activation: Activation
    /// After the activation.
    public let norm: LayerNorm
    /// E, usually the embedding, and c.
    public let head: any OutputHead

    /// The head of these parts.
    public init(transform: Linear, activation: Activation, norm: LayerNorm, head: any OutputHead) {
        precondition(transform.outputWidth == head.width && norm.weight.count == head.width, "parts do not fit")
        self.transform = transform
        self.activation = activation
        self.norm = norm
        self.head = head
    }

    /// Writes the scores of `hidden` `[T, width]` to `logits` `[T, tokenCount]`.
    public func forward(_ hidden: MatrixView<Float>, into logits: MutableMatrixView<Float>) {
        guard hidden.rows > 0 else { return }
        PackingMemory.with(count: hidden.rows * head.width, of: Float.self) { memory in
            let transformed = MutableMatrixView(memory, rows: hidden.rows, columns: head.width)
            transform.forward(hidden, into: transformed)
            activation.forward(transformed)
            norm.forward(transformed.readOnly, into: transformed)
            head.write(logitsOf: transformed.readOnly, to: logits)
        }
    }
}
