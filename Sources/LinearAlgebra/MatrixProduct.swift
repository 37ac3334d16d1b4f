import Kernels

/// c = alpha · a · b + beta · c, for a `[m, k]`, b `[k, n]` and c `[m, n]`; pass `view.transposed` for a transposed
/// operand. c must overlap neither operand. With beta 0, c is only written.
///
/// Goto's scheme (Goto, van de Geijn 2008): blocks of b and a are packed so that the kernel reads them in a row, b's
/// from the outer cache and a's from the inner one. Each element of c is summed in the same order however many threads
/// share the work.
public func gemm(
    _ a: MatrixView,
    _ b: MatrixView,
    into c: MutableMatrixView,
    alpha: Float = 1,
    beta: Float = 0
) {
    precondition(a.columns == b.rows && a.rows == c.rows && b.columns == c.columns, "shapes do not fit")
    if beta != 1 { c.scale(by: beta) }
    guard a.rows > 0, b.columns > 0, a.columns > 0, alpha != 0 else { return }

    let tile = see_sgemm_tile_shape()
    let work = a.rows * b.columns * a.columns
    // Two parts a thread even out what other programs do to one of them; a small product is not worth a thread.
    let parts = work < 1 << 18 ? 1 : Parallel.workers == 1 ? 1 : 2 * Parallel.workers
    if b.columns >= a.rows {
        let part = (b.columns / parts + 1).roundedUp(toMultipleOf: tile.columns)
        Parallel.forEachChunk(of: b.columns, size: part) { range in
            multiplyPart(
                tile,
                a,
                b.extracting(rows: 0..<b.rows, columns: range),
                into: c.extracting(rows: 0..<c.rows, columns: range),
                alpha: alpha,
                accumulating: beta != 0
            )
        }
    } else {
        let part = (a.rows / parts + 1).roundedUp(toMultipleOf: tile.rows)
        Parallel.forEachChunk(of: a.rows, size: part) { range in
            multiplyPart(
                tile,
                a.extracting(rows: range, columns: 0..<a.columns),
                b,
                into: c.extracting(rows: range, columns: 0..<c.columns),
                alpha: alpha,
                accumulating: beta != 0
            )
        }
    }
}

/// The blocks of one packing: `depth` of the inner dimension, `rows` of a (in the inner cache) and `columns` of b.
private enum Block {
    static let depth = 320
    static let rows = 140
    static let columns = 2048
}

/// One thread's share: c (+)= alpha · a · b.
private func multiplyPart(
    _ tile: see_sgemm_shape,
    _ a: MatrixView,
    _ b: MatrixView,
    into c: MutableMatrixView,
    alpha: Float,
    accumulating: Bool
) {
    let depth = min(Block.depth, a.columns)
    let rowsPerBlock = min(Block.rows, a.rows).roundedUp(toMultipleOf: tile.rows)
    let columnsPerBlock = min(Block.columns, b.columns).roundedUp(toMultipleOf: tile.columns)
    let left = UnsafeMutablePointer<Float>.allocate(capacity: depth * rowsPerBlock)
    let right = UnsafeMutablePointer<Float>.allocate(capacity: depth * columnsPerBlock)
    defer {
        left.deallocate()
        right.deallocate()
    }
    for columns in blocks(of: b.columns, size: columnsPerBlock) {
        for steps in blocks(of: a.columns, size: depth) {
            Packing.packRows(
                of: b.extracting(rows: steps, columns: columns).transposed,
                width: tile.columns,
                into: right
            )
            for rows in blocks(of: a.rows, size: rowsPerBlock) {
                Packing.packRows(
                    of: a.extracting(rows: rows, columns: steps),
                    width: tile.rows,
                    scale: alpha,
                    into: left
                )
                multiplyBlock(
                    tile,
                    depth: steps.count,
                    left,
                    right,
                    into: c.extracting(rows: rows, columns: columns),
                    accumulating: accumulating || steps.lowerBound > 0
                )
            }
        }
    }
}

/// The product of two packed blocks, tile by tile.
private func multiplyBlock(
    _ tile: see_sgemm_shape,
    depth: Int,
    _ left: UnsafePointer<Float>,
    _ right: UnsafePointer<Float>,
    into c: MutableMatrixView,
    accumulating: Bool
) {
    for column in stride(from: 0, to: c.columns, by: tile.columns) {
        for row in stride(from: 0, to: c.rows, by: tile.rows) {
            see_sgemm_tile(
                tile,
                depth,
                left + row * depth,
                right + column * depth,
                c.base + row * c.rowStride + column,
                c.rowStride,
                min(tile.rows, c.rows - row),
                min(tile.columns, c.columns - column),
                accumulating ? 1 : 0
            )
        }
    }
}

private func blocks(of count: Int, size: Int) -> some Sequence<Range<Int>> {
    stride(from: 0, to: count, by: size).lazy.map { $0..<min($0 + size, count) }
}

extension MutableMatrixView {
    /// Multiplies all elements by `factor`; 0 also clears what is not a number.
    fileprivate func scale(by factor: Float) {
        for row in 0..<rows {
            let elements = base + row * rowStride
            if factor == 0 {
                elements.update(repeating: 0, count: columns)
            } else {
                for column in 0..<columns { elements[column] *= factor }
            }
        }
    }
}

extension Int {
    /// The least multiple of `unit` that is not below this number.
    fileprivate func roundedUp(toMultipleOf unit: Int) -> Int {
        (self + unit - 1) / unit * unit
    }
}

extension Matrix {
    /// The product of `a` and `b`, either of them transposed first if asked: shapes must fit after that.
    public static func product(
        _ a: Matrix,
        _ b: Matrix,
        transposingFirst: Bool = false,
        transposingSecond: Bool = false
    ) -> Matrix {
        var result = Matrix(
            rows: transposingFirst ? a.columns : a.rows,
            columns: transposingSecond ? b.rows : b.columns
        )
        result.setToProduct(
            a,
            b,
            transposingFirst: transposingFirst,
            transposingSecond: transposingSecond,
            alpha: 1,
            beta: 0
        )
        return result
    }

    /// self = alpha · a · b + beta · self, `a` and `b` transposed first if asked. With beta 1 it adds a product.
    public mutating func setToProduct(
        _ a: Matrix,
        _ b: Matrix,
        transposingFirst: Bool = false,
        transposingSecond: Bool = false,
        alpha: Float = 1,
        beta: Float = 0
    ) {
        withMutableView { c in
            a.withView { a in
                b.withView { b in
                    gemm(
                        transposingFirst ? a.transposed : a,
                        transposingSecond ? b.transposed : b,
                        into: c,
                        alpha: alpha,
                        beta: beta
                    )
                }
            }
        }
    }
}
