import LinearAlgebra

/// A head with a number added to the score of each token.
public struct BiasedHead: OutputHead {
    /// The scores.
    public let base: any OutputHead
    /// What is added, `[tokenCount]`.
    public let bias: [Float]

    /// `base` with `bias`, which has a number for each of its tokens.
    public init(base: any OutputHead, bias: [Float]) {
        precondition(bias.count == base.tokenCount, "a bias of another length")
        (self.base, self.bias) = (base, bias)
    }

    /// The number of tokens.
    public var tokenCount: Int { base.tokenCount }
    /// The length of a hidden vector.
    public var width: Int { base.width }
    /// Bytes that the head reads for one vector.
    public var byteCount: Int { base.byteCount + 4 * bias.count }

    /// Writes the scores of `hidden` to `logits`.
    public func write(logitsOf hidden: MatrixView<Float>, to logits: MutableMatrixView<Float>) {
        base.write(logitsOf: hidden, to: logits)
        for row in 0..<logits.rows {
            let scores = logits.base + row * logits.rowStride
            for token in 0..<tokenCount { scores[token] += bias[token] }
        }
    }
}

extension OutputHead {
    /// The head with `bias` added to its scores, or itself where there is none, or nothing but zeros as in most
    /// translators: to add them would cost another walk through all scores.
    public func adding(_ bias: [Float]?) -> any OutputHead {
        guard let bias, bias.contains(where: { $0 != 0 }) else { return self }
        return BiasedHead(base: self, bias: bias)
    }
}
