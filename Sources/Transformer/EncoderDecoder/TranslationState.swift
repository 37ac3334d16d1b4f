import Kernels
import LinearAlgebra

/// Translations in the making: some for each text of a batch, which grow by one token at a time.
///
/// It belongs to one thread at a time.
public final class TranslationState {
    /// The model.
    public let model: TranslationModel
    /// The text that each translation belongs to.
    public private(set) var texts: [Int]
    private let source: SourceMemory
    private let cache: BranchingCache
    /// Tokens of each translation so far.
    public private(set) var length = 0

    /// Reads the texts of `batch`; there is one translation of each, still empty.
    ///
    /// - Parameter observe: sees the reading half's hidden states, as `EncoderModel.forward` shows them.
    /// - Throws: `TransformerError` for texts that are empty, too long or hold tokens beyond the table.
    public init(
        _ model: TranslationModel,
        reading batch: RaggedBatch,
        observe: ((Int, MatrixView<Float>) -> Void)? = nil
    ) throws(TransformerError) {
        self.model = model
        let activations = EncoderActivations(model.encoder.shape, capacity: batch.tokens.count)
        let hidden = try model.encoder.forward(batch, activations: activations, observe: observe)
        source = SourceMemory(batch, hidden: hidden, model: model)
        texts = Array(0..<batch.count)
        cache = BranchingCache(layers: model.layers.count, width: model.shape.width, rows: batch.count)
    }

    /// Goes on with the translations `parents`, in this order; one may come several times, or not at all. Translations of
    /// a text stay together.
    public func select(_ parents: [Int]) {
        guard parents != Array(texts.indices) else { return }
        texts = parents.map { texts[$0] }
        cache.select(parents)
    }

    /// Appends `tokens`, one to each translation, and calls `body` with the last hidden state `[R, width]`.
    ///
    /// - Parameter observe: sees the hidden state `[R, width]` before layer 0 and after each layer: numbers 0 to
    ///   `layerCount`.
    /// - Throws: `TransformerError` for tokens beyond the table and translations that outgrow the context.
    public func append<Result>(
        _ tokens: [Int],
        observe: ((Int, MatrixView<Float>) -> Void)? = nil,
        _ body: (MatrixView<Float>) throws -> Result
    ) throws -> Result {
        precondition(tokens.count == texts.count, "one token for each translation")
        let batch = RaggedBatch(tokens.map { [$0] }, positions: tokens.map { _ in [length] })
        try batch.check(tokenCount: model.embedding.table.tokenCount, contextLength: model.contextLength)
        let (count, shape) = (tokens.count, model.shape)
        // Queries of both kinds of attention, results, sums and inner vectors.
        let activations = EncoderActivations(shape, capacity: count)
        let hidden = activations.hidden(count)
        let (projected, attended, added) = (
            activations.projected(count), activations.attended(count), activations.added(count)
        )
        model.embedding.forward(batch, into: hidden)
        cache.beginStep()
        length += 1
        observe?(0, hidden.readOnly)
        for (index, layer) in model.layers.enumerated() {
            layer.selfInput.forward(hidden.readOnly, into: projected)
            cache.store(projected.readOnly, layer: index)
            attendToTranslation(projected.readOnly, layer: index, into: attended)
            layer.selfOutput.forward(attended.readOnly, into: added)
            layer.selfNorm.forward(added.readOnly, residual: hidden.readOnly, into: hidden)

            let queries = projected.extracting(rows: 0..<count, columns: 0..<shape.width)
            layer.sourceQuery.forward(hidden.readOnly, into: queries)
            attendToSource(queries.readOnly, layer: index, into: attended)
            layer.sourceOutput.forward(attended.readOnly, into: added)
            layer.sourceNorm.forward(added.readOnly, residual: hidden.readOnly, into: hidden)

            layer.feedForward.forward(hidden.readOnly, inner: activations.inner(count), into: added)
            layer.feedForwardNorm.forward(added.readOnly, residual: hidden.readOnly, into: hidden)
            observe?(index + 1, hidden.readOnly)
        }
        return try body(hidden.readOnly)
    }

    /// Translations that one thread takes at a time.
    private static let rowsPerChunk = 16

    /// Attention of each translation to its own tokens, wherever the cache has them.
    private func attendToTranslation(_ queries: MatrixView<Float>, layer: Int, into out: MutableMatrixView<Float>) {
        let (heads, width, steps) = (model.shape.heads, model.shape.width, length)
        let headWidth = width / heads
        let scale = 1 / Float(headWidth).squareRoot()
        // Addresses are gathered first: the cache itself stays on this thread.
        PackingMemory.with(count: queries.rows * steps, of: UnsafePointer<Float>.self) { addresses in
            for row in 0..<queries.rows { cache.keys(of: row, layer: layer, into: addresses + row * steps) }
            let all = MatrixView(addresses, rows: queries.rows, columns: steps)
            Parallel.forEachChunk(of: queries.rows, size: Self.rowsPerChunk) { rows in
                PackingMemory.with(count: heads * steps, of: Float.self) { scores in
                    for row in rows {
                        see_gathered_attention(
                            queries.base + row * queries.rowStride,
                            all.base + row * steps,
                            steps,
                            width,
                            heads,
                            headWidth,
                            scale,
                            scores,
                            out.base + row * out.rowStride
                        )
                    }
                }
            }
        }
    }

    /// Attention of each translation to the text that it translates.
    private func attendToSource(_ queries: MatrixView<Float>, layer: Int, into out: MutableMatrixView<Float>) {
        let (heads, width) = (model.shape.heads, model.shape.width)
        let headWidth = width / heads
        let scale = 1 / Float(headWidth).squareRoot()
        let (texts, batch) = (texts, source.batch)
        source.with(layer: layer) { keys, values in
            Parallel.forEachChunk(of: queries.rows, size: Self.rowsPerChunk) { rows in
                for row in rows {
                    let range = batch.range(texts[row])
                    for head in 0..<heads {
                        let columns = head * headWidth..<(head + 1) * headWidth
                        ScaledDotProduct.forwardOne(
                            query: queries.base + row * queries.rowStride + columns.lowerBound,
                            keys: keys.extracting(rows: range, columns: columns),
                            values: values.extracting(rows: range, columns: columns),
                            scale: scale,
                            into: out.base + row * out.rowStride + columns.lowerBound
                        )
                    }
                }
            }
        }
    }
}
