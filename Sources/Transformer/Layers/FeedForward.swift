import LinearAlgebra

/// The feed-forward part of a layer: y = W₂ f(W₁ x + b₁) + b₂ (Vaswani et al. 2017).
public struct FeedForward: Sendable {
    /// W₁ `[inner, width]` with b₁.
    public let up: Linear
    /// W₂ `[width, inner]` with b₂.
    public let down: Linear
    /// f
    public let activation: Activation

    /// The layer of both products.
    ///
    /// - Precondition: `up` has as many outputs as `down` has inputs.
    public init(up: Linear, down: Linear, activation: Activation) {
        precondition(up.outputWidth == down.inputWidth, "shapes do not fit")
        self.up = up
        self.down = down
        self.activation = activation
    }

    /// The length of the inner vectors.
    public var innerWidth: Int { up.outputWidth }

    /// y for x, both `[T, width]`. `inner` `[T, inner]` receives f(W₁ x + b₁).
    public func forward(
        _ x: MatrixView<Float>,
        inner: MutableMatrixView<Float>,
        into y: MutableMatrixView<Float>
    ) {
        up.forward(x, into: inner)
        activation.forward(inner)
        down.forward(inner.readOnly, into: y)
    }
}
