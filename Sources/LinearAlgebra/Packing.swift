/// Copies blocks of operands into the order in which the tile kernel reads them.
enum Packing {
    /// Panels of `width` rows of `view`, each laid out step by step: `width` elements of column 0, then of column 1 and
    /// so on, all times `scale`. Rows beyond the last are zero. The left operand is packed so, and, transposed, the right.
    static func packRows(
        of view: MatrixView,
        width: Int,
        scale: Float = 1,
        into buffer: UnsafeMutablePointer<Float>
    ) {
        var target = buffer
        for first in stride(from: 0, to: view.rows, by: width) {
            let count = min(width, view.rows - first)
            let source = view.base + first * view.rowStride
            if view.rowStride == 1 {
                packAdjacent(source, step: view.columnStride, depth: view.columns, count, width, scale, into: target)
            } else {
                packStrided(source, view, count, width, scale, into: target)
            }
            target += width * view.columns
        }
    }

    /// The elements of one step lie side by side already.
    private static func packAdjacent(
        _ source: UnsafePointer<Float>,
        step: Int,
        depth: Int,
        _ count: Int,
        _ width: Int,
        _ scale: Float,
        into target: UnsafeMutablePointer<Float>
    ) {
        for k in 0..<depth {
            let from = source + k * step
            let to = target + k * width
            for i in 0..<count { to[i] = from[i] * scale }
            for i in count..<width { to[i] = 0 }
        }
    }

    /// The elements of one step lie in `count` different rows, each of which is read along its own length.
    private static func packStrided(
        _ source: UnsafePointer<Float>,
        _ view: MatrixView,
        _ count: Int,
        _ width: Int,
        _ scale: Float,
        into target: UnsafeMutablePointer<Float>
    ) {
        for i in 0..<count {
            let from = source + i * view.rowStride
            for k in 0..<view.columns { target[k * width + i] = from[k * view.columnStride] * scale }
        }
        guard count < width else { return }
        for k in 0..<view.columns {
            for i in count..<width { target[k * width + i] = 0 }
        }
    }
}
