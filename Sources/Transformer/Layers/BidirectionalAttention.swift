import LinearAlgebra

/// Attention of an encoder: every token sees all tokens of its text.
public struct BidirectionalAttention: Sendable {
    /// Heads.
    public let heads: Int
    /// Numbers of a head.
    public let headWidth: Int

    /// Queries that one thread takes at a time.
    private static let queryBlock = 128
    /// Below so many multiply-adds the texts stay on the calling thread.
    private static let serialWork = 1 << 17

    /// Attention over `heads` heads of `headWidth` numbers.
    public init(heads: Int, headWidth: Int) {
        self.heads = heads
        self.headWidth = headWidth
    }

    /// Numbers of all heads.
    public var width: Int { heads * headWidth }

    /// Attends within each text of `batch`. `projected` `[T, 3 · width]` holds queries, keys and values; `out`
    /// `[T, width]` gets the heads' results.
    public func forward(_ projected: MatrixView<Float>, batch: RaggedBatch, into out: MutableMatrixView<Float>) {
        precondition(projected.columns == 3 * width && out.columns == width, "shapes do not fit")
        precondition(projected.rows == batch.tokens.count && out.rows == projected.rows, "shapes do not fit")
        var tasks: [(text: Range<Int>, queries: Range<Int>)] = []
        var work = 0
        for text in 0..<batch.count {
            let range = batch.range(text)
            work += range.count * range.count * width
            for first in stride(from: range.lowerBound, to: range.upperBound, by: Self.queryBlock) {
                tasks.append((range, first..<min(first + Self.queryBlock, range.upperBound)))
            }
        }
        let all = tasks
        Parallel.forEachChunk(of: all.count, size: work < Self.serialWork ? max(1, all.count) : 1) { range in
            for (text, queries) in all[range] {
                for head in 0..<heads { attend(head, text, queries, projected, out) }
            }
        }
    }

    private func attend(
        _ head: Int,
        _ text: Range<Int>,
        _ queries: Range<Int>,
        _ projected: MatrixView<Float>,
        _ out: MutableMatrixView<Float>
    ) {
        let columns = head * headWidth..<(head + 1) * headWidth
        func part(_ rows: Range<Int>, _ index: Int) -> MatrixView<Float> {
            let first = index * width + columns.lowerBound
            return projected.extracting(rows: rows, columns: first..<first + headWidth)
        }
        ScaledDotProduct.forward(
            queries: part(queries, 0),
            keys: part(text, 1),
            values: part(text, 2),
            scale: 1 / Float(headWidth).squareRoot(),
            into: out.extracting(rows: queries, columns: columns)
        ) { _ in 0..<text.count }
    }
}
