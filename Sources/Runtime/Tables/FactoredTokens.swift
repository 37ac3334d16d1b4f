import Checkpoints
import LinearAlgebra
import Transformer

/// A factored table in a model: rows and scores come from the factors, the dense matrix is never there.
struct FactoredTokens: TokenTable {
    private let head: FactoredHead

    init(_ head: FactoredHead) {
        self.head = head
    }

    var tokenCount: Int { head.tokenCount }
    var width: Int { head.dimension }
    var byteCount: Int { head.byteCount }

    func write(_ tokens: ArraySlice<Int>, to rows: MutableMatrixView<Float>) {
        precondition(rows.rows == tokens.count && rows.columns == width, "shapes do not fit")
        let tokens = Array(tokens)
        Parallel.forEachChunk(of: tokens.count, size: 4) { range in
            for i in range {
                let row = UnsafeMutableBufferPointer(start: rows.base + i * rows.rowStride, count: width)
                var span = row.mutableSpan
                head.write(tokens[i], to: &span)
            }
        }
    }

    func write(logitsOf hidden: MatrixView<Float>, to logits: MutableMatrixView<Float>) {
        head.multiply(hidden, into: logits)
    }
}

/// A head with a number added to the score of each token.
struct BiasedHead: OutputHead {
    let base: any OutputHead
    let bias: [Float]

    var tokenCount: Int { base.tokenCount }
    var width: Int { base.width }
    var byteCount: Int { base.byteCount + 4 * bias.count }

    func write(logitsOf hidden: MatrixView<Float>, to logits: MutableMatrixView<Float>) {
        base.write(logitsOf: hidden, to: logits)
        for row in 0..<logits.rows {
            let scores = logits.base + row * logits.rowStride
            for token in 0..<tokenCount { scores[token] += bias[token] }
        }
    }
}
