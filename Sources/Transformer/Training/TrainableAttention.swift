import Kernels
import LinearAlgebra

/// Attention within pairs of texts in training: out = dropout(softmax(Q Kᵀ / √n)) V, head by head. Queries of text i see the
/// keys of text i; all of them, or those up to their own place.
///
/// Backward, with P the softmax, D its dropout and dO = dL/dout: dV = Dᵀ dO, dP = dropout(dO Vᵀ),
/// dS = P ⊙ (dP − Σ P ⊙ dP) / √n, dQ = dS K, dK = dSᵀ Q. P is computed again rather than kept: it would take the square
/// of the texts' lengths.
struct TrainableAttention: Sendable {
    let shape: AttentionShape
    /// Whether a token sees only itself and those before it.
    let isCausal: Bool
    /// How many tokens a token sees, itself included; nil for all.
    let window: Int?
    /// The place of its dropout.
    let site: Int

    /// Queries, keys and values of all texts: `[T, heads · n]`, `[S, keyValueHeads · n]` twice.
    struct Inputs<View: Sendable>: Sendable {
        let queries: View
        let keys: View
        let values: View
    }

    /// Where a pair of texts lies, and where its shares begin in the numbering of all.
    private struct Pair: Sendable {
        let queries: Range<Int>
        let keys: Range<Int>
        let first: Int
    }

    private func pairs(_ queries: RaggedBatch, _ keys: RaggedBatch) -> [Pair] {
        precondition(queries.count == keys.count, "texts come in pairs")
        var first = 0
        return (0..<queries.count).map { text in
            let pair = Pair(queries: queries.range(text), keys: keys.range(text), first: first)
            first += shape.heads * pair.queries.count * pair.keys.count
            return pair
        }
    }

    private func visible(_ query: Int, _ keys: Int) -> Range<Int> {
        guard isCausal else { return 0..<keys }
        return max(0, query + 1 - (window ?? query + 1))..<query + 1
    }

    /// The rows of a pair's texts in the columns of a head.
    private func part<Scalar>(_ view: MatrixView<Scalar>, _ rows: Range<Int>, _ head: Int) -> MatrixView<Scalar> {
        view.extracting(rows: rows, columns: head * shape.headWidth..<(head + 1) * shape.headWidth)
    }

    private func part<Scalar>(
        _ view: MutableMatrixView<Scalar>,
        _ rows: Range<Int>,
        _ head: Int
    ) -> MutableMatrixView<Scalar> {
        view.extracting(rows: rows, columns: head * shape.headWidth..<(head + 1) * shape.headWidth)
    }

    private var scale: Float { 1 / Float(shape.headWidth).squareRoot() }

    /// The softmax of a head of a pair, `[queries, keys]`; nothing is dropped yet.
    private func shares(
        _ pair: Pair,
        _ head: Int,
        _ inputs: Inputs<MatrixView<Float>>,
        into p: MutableMatrixView<Float>
    ) {
        let keyHead = head / shape.groupSize
        gemm(part(inputs.queries, pair.queries, head), part(inputs.keys, pair.keys, keyHead).transposed, into: p)
        for query in 0..<p.rows {
            let row = p.base + query * p.rowStride
            let range = visible(query, p.columns)
            row.update(repeating: 0, count: range.lowerBound)
            see_softmax(row + range.lowerBound, range.count, scale)
            (row + range.upperBound).update(repeating: 0, count: p.columns - range.upperBound)
        }
    }

    private func drop(_ p: MutableMatrixView<Float>, _ pair: Pair, _ head: Int, _ draws: DropoutDraws) {
        guard draws.isActive else { return }
        let first = pair.first + head * p.rows * p.columns
        see_add_bias(p.base, nil, draws.kernel(from: first), p.rows * p.columns)
    }

    /// Attends within the pairs of `queryTexts` and `keyTexts` into out `[T, heads · n]`.
    func forward(
        _ inputs: Inputs<MatrixView<Float>>,
        _ queryTexts: RaggedBatch,
        _ keyTexts: RaggedBatch,
        into out: MutableMatrixView<Float>,
        _ pass: TrainablePass
    ) {
        let pairs = pairs(queryTexts, keyTexts)
        let draws = pass.dropout.draws(pass.dropout.attention, site: site)
        let heads = shape.heads
        Parallel.forEachChunk(of: pairs.count * heads, size: 1) { range in
            let (pair, head) = (pairs[range.lowerBound / heads], range.lowerBound % heads)
            PackingMemory.with(count: pair.queries.count * pair.keys.count, of: Float.self) { memory in
                let p = MutableMatrixView(memory, rows: pair.queries.count, columns: pair.keys.count)
                shares(pair, head, inputs, into: p)
                drop(p, pair, head, draws)
                gemm(
                    p.readOnly,
                    part(inputs.values, pair.keys, head / shape.groupSize),
                    into: part(out, pair.queries, head)
                )
            }
        }
    }

    /// Writes the gradients of the inputs.
    func backward(
        _ gradient: MatrixView<Float>,
        _ inputs: Inputs<MatrixView<Float>>,
        _ queryTexts: RaggedBatch,
        _ keyTexts: RaggedBatch,
        into result: Inputs<MutableMatrixView<Float>>,
        _ pass: TrainablePass
    ) {
        let pairs = pairs(queryTexts, keyTexts)
        let draws = pass.dropout.draws(pass.dropout.attention, site: site)
        let keyHeads = shape.keyValueHeads
        // Heads that share keys take turns on one thread: their gradients add up.
        Parallel.forEachChunk(of: pairs.count * keyHeads, size: 1) { range in
            let (pair, keyHead) = (pairs[range.lowerBound / keyHeads], range.lowerBound % keyHeads)
            let (rows, columns) = (pair.queries.count, pair.keys.count)
            PackingMemory.with(count: 3 * rows * columns, of: Float.self) { memory in
                let p = MutableMatrixView(memory, rows: rows, columns: columns)
                let dropped = MutableMatrixView(memory + rows * columns, rows: rows, columns: columns)
                let dp = MutableMatrixView(memory + 2 * rows * columns, rows: rows, columns: columns)
                for member in 0..<shape.groupSize {
                    let head = keyHead * shape.groupSize + member
                    let beta: Float = member == 0 ? 0 : 1
                    shares(pair, head, inputs, into: p)
                    var used = p
                    if draws.isActive {
                        dropped.base.update(from: p.base, count: rows * columns)
                        drop(dropped, pair, head, draws)
                        used = dropped
                    }
                    let dOut = part(gradient, pair.queries, head)
                    gemm(used.readOnly.transposed, dOut, into: part(result.values, pair.keys, keyHead), beta: beta)
                    gemm(dOut, part(inputs.values, pair.keys, keyHead).transposed, into: dp)
                    drop(dp, pair, head, draws)
                    for query in 0..<rows {
                        see_softmax_backward(p.base + query * columns, dp.base + query * columns, scale, columns)
                    }
                    gemm(
                        dp.readOnly,
                        part(inputs.keys, pair.keys, keyHead),
                        into: part(result.queries, pair.queries, head)
                    )
                    gemm(
                        dp.readOnly.transposed,
                        part(inputs.queries, pair.queries, head),
                        into: part(result.keys, pair.keys, keyHead),
                        beta: beta
                    )
                }
            }
        }
    }
}

extension TrainableAttention.Inputs where View == MutableMatrixView<Float> {
    /// The same memory, to be read.
    var readOnly: TrainableAttention.Inputs<MatrixView<Float>> {
        .init(queries: queries.readOnly, keys: keys.readOnly, values: values.readOnly)
    }

    /// Queries, keys and values side by side in `projected` `[T, (heads + 2 · keyValueHeads) · n]`.
    init(_ projected: MutableMatrixView<Float>, _ shape: AttentionShape) {
        let (queries, keys) = (shape.queryWidth, shape.keyWidth)
        let rows = 0..<projected.rows
        self.init(
            queries: projected.extracting(rows: rows, columns: 0..<queries),
            keys: projected.extracting(rows: rows, columns: queries..<queries + keys),
            values: projected.extracting(rows: rows, columns: queries + keys..<queries + 2 * keys)
        )
    }
}
