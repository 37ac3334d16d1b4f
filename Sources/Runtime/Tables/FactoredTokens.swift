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
