import LinearAlgebra

/// How attention is divided into heads; groups of query heads may share one head of keys and values (Ainslie et al. 2023).
public struct AttentionShape: Sendable, Hashable {
    /// Query heads.
    public let heads: Int
    /// Heads of keys and values; divides `heads`.
    public let keyValueHeads: Int
    /// Numbers of a head.
    public let headWidth: Int

    /// `heads` heads of `headWidth` numbers.
    public init(heads: Int, keyValueHeads: Int, headWidth: Int) {
        precondition(keyValueHeads > 0 && heads % keyValueHeads == 0, "groups of different sizes")
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headWidth = headWidth
    }

    /// Numbers of all query heads.
    public var queryWidth: Int { heads * headWidth }
    /// Numbers of all heads of keys, or of values.
    public var keyWidth: Int { keyValueHeads * headWidth }
    /// Query heads that share a head of keys.
    public var groupSize: Int { heads / keyValueHeads }
}

/// Attention of a decoder: every token sees itself and those before it, or the last `window` of them.
public struct CausalAttention: Sendable {
    /// The heads.
    public let shape: AttentionShape
    /// How many tokens a token sees, itself included; nil for all.
    public let window: Int?

    /// Queries that one thread takes at a time.
    private static let queryBlock = 64
    /// Below so many multiply-adds the heads stay on the calling thread.
    private static let serialWork = 1 << 17

    /// Attention over heads of `shape`.
    public init(_ shape: AttentionShape, window: Int? = nil) {
        self.shape = shape
        self.window = window
    }

    /// Attends for T tokens at positions `cache.count` on. `projected` `[T, (heads + 2 · keyValueHeads) · headWidth]`
    /// holds their queries, keys and values, and is changed: queries and keys are turned. Keys and values go into the
    /// cache's `layer`; `out` `[T, heads · headWidth]` gets the heads' results.
    public func forward(
        _ projected: MutableMatrixView<Float>,
        cache: KeyValueCache,
        layer: Int,
        rotary: RotaryEmbedding,
        angles: RotaryEmbedding.Angles,
        into out: MutableMatrixView<Float>
    ) {
        precondition(projected.columns == shape.queryWidth + 2 * shape.keyWidth, "shapes do not fit")
        precondition(out.columns == shape.queryWidth && out.rows == projected.rows, "shapes do not fit")
        // Keys follow the queries, head after head, so one sweep turns both.
        rotary.forward(projected, heads: shape.heads + shape.keyValueHeads, headWidth: shape.headWidth, angles)
        let view = MatrixView(
            projected.base,
            rows: projected.rows,
            columns: projected.columns,
            rowStride: projected.rowStride
        )
        let rows = 0..<view.rows
        let keyColumns = shape.queryWidth..<shape.queryWidth + shape.keyWidth
        cache.store(
            keys: view.extracting(rows: rows, columns: keyColumns),
            values: view.extracting(rows: rows, columns: keyColumns.upperBound..<view.columns),
            layer: layer
        )
        let past = cache.count
        let length = past + view.rows
        let heads = (0..<shape.keyValueHeads).map {
            (
                keys: cache.keys(layer: layer, head: $0, length: length),
                values: cache.values(layer: layer, head: $0, length: length)
            )
        }
        if view.rows == 1 {
            attendOne(view, heads, length: length, into: out)
        } else {
            attendBatch(view, heads, past: past, into: out)
        }
    }

    private func visible(_ position: Int) -> Range<Int> {
        max(0, position + 1 - (window ?? position + 1))..<position + 1
    }

    /// One token: the queries of a group are the rows of a matrix that meets the group's keys.
    private func attendOne(
        _ projected: MatrixView<Float>,
        _ heads: [(keys: MatrixView<Float>, values: MatrixView<Float>)],
        length: Int,
        into out: MutableMatrixView<Float>
    ) {
        let (group, width) = (shape.groupSize, shape.headWidth)
        let isSmall = length * shape.queryWidth < Self.serialWork
        Parallel.forEachChunk(of: heads.count, size: isSmall ? heads.count : 1) { range in
            for head in range {
                ScaledDotProduct.forward(
                    queries: MatrixView(projected.base + head * group * width, rows: group, columns: width),
                    keys: heads[head].keys,
                    values: heads[head].values,
                    scale: 1 / Float(width).squareRoot(),
                    into: MutableMatrixView(out.base + head * group * width, rows: group, columns: width)
                ) { _ in visible(length - 1) }
            }
        }
    }

    /// Many tokens: blocks of queries, head by head.
    private func attendBatch(
        _ projected: MatrixView<Float>,
        _ heads: [(keys: MatrixView<Float>, values: MatrixView<Float>)],
        past: Int,
        into out: MutableMatrixView<Float>
    ) {
        let width = shape.headWidth
        let blocks = (projected.rows - 1) / Self.queryBlock + 1
        let tasks = blocks * shape.heads
        let isSmall = (past + projected.rows) * projected.rows * shape.queryWidth < Self.serialWork
        Parallel.forEachChunk(of: tasks, size: isSmall ? tasks : 1) { range in
            for task in range {
                // The last blocks see most and go first.
                let block = blocks - 1 - task / shape.heads
                let head = task % shape.heads
                let rows = block * Self.queryBlock..<min((block + 1) * Self.queryBlock, projected.rows)
                let columns = head * width..<(head + 1) * width
                let source = heads[head / shape.groupSize]
                ScaledDotProduct.forward(
                    queries: projected.extracting(rows: rows, columns: columns),
                    keys: source.keys,
                    values: source.values,
                    scale: 1 / Float(width).squareRoot(),
                    into: out.extracting(rows: rows, columns: columns)
                ) { visible(past + rows.lowerBound + $0) }
            }
        }
    }
}
