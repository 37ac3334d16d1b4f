import Kernels
import LinearAlgebra

/// Attention of one head: out = softmax(Q Kᵀ · scale) V (Vaswani et al. 2017), each query seeing a range of the keys.
///
/// Heads are views, so keys may lie in a cache or between the heads of a wider matrix.
public enum ScaledDotProduct {
    /// out[t] = Σ_j softmax_j(q[t] · k[j] · scale) v[j] over j in `visible(t)`, for q and out `[T, n]`, k `[L, n]` and
    /// v `[L, m]`; on the calling thread. A query that sees nothing gets zeros.
    public static func forward(
        queries: MatrixView<Float>,
        keys: MatrixView<Float>,
        values: MatrixView<Float>,
        scale: Float,
        into out: MutableMatrixView<Float>,
        visible: (Int) -> Range<Int>
    ) {
        precondition(queries.columns == keys.columns && keys.rows == values.rows, "shapes do not fit")
        precondition(out.rows == queries.rows && out.columns == values.columns, "shapes do not fit")
        var seen = 0..<0
        for query in 0..<queries.rows {
            let range = visible(query)
            guard !range.isEmpty else { continue }
            seen =
                seen.isEmpty ? range : min(seen.lowerBound, range.lowerBound)..<max(seen.upperBound, range.upperBound)
        }
        precondition(seen.upperBound <= keys.rows, "queries see more keys than there are")
        guard !seen.isEmpty else {
            for query in 0..<out.rows { (out.base + query * out.rowStride).update(repeating: 0, count: out.columns) }
            return
        }
        let keys = keys.extracting(rows: seen, columns: 0..<keys.columns)
        let values = values.extracting(rows: seen, columns: 0..<values.columns)
        PackingMemory.with(count: queries.rows * seen.count, of: Float.self) { scores in
            let all = MutableMatrixView(scores, rows: queries.rows, columns: seen.count)
            gemm(queries, keys.transposed, into: all)
            for query in 0..<queries.rows {
                let row = scores + query * seen.count
                let range = visible(query)
                guard !range.isEmpty else {
                    row.update(repeating: 0, count: seen.count)
                    continue
                }
                let (first, end) = (range.lowerBound - seen.lowerBound, range.upperBound - seen.lowerBound)
                row.update(repeating: 0, count: first)
                see_softmax(row + first, end - first, scale)
                (row + end).update(repeating: 0, count: seen.count - end)
            }
            gemm(MatrixView(scores, rows: queries.rows, columns: seen.count), values, into: out)
        }
    }

    /// The same for one query `[n]`, which sees all keys; out has `[m]` numbers.
    public static func forwardOne(
        query: UnsafePointer<Float>,
        keys: MatrixView<Float>,
        values: MatrixView<Float>,
        scale: Float,
        into out: UnsafeMutablePointer<Float>
    ) {
        precondition(
            keys.rows == values.rows && keys.columnStride == 1 && values.columnStride == 1,
            "shapes do not fit"
        )
        PackingMemory.with(count: keys.rows, of: Float.self) { scores in
            see_sgemv(keys.base, keys.rowStride, keys.rows, keys.columns, query, scores)
            see_softmax(scores, keys.rows, scale)
            out.update(repeating: 0, count: values.columns)
            for row in 0..<values.rows {
                see_saxpy(scores[row], values.base + row * values.rowStride, out, values.columns)
            }
        }
    }
}
