import Kernels

/// y = a · x for a `[m, n]`, x of n and y of m elements; a may be transposed. y must not overlap x.
///
/// Rows are shared among the threads; what each element is summed from does not depend on that.
public func gemv(_ a: MatrixView, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
    let x = SharedPointer(x)
    let y = SharedMutablePointer(y)
    if a.columnStride == 1 {
        Parallel.forEachChunk(of: a.rows, size: chunkRows(ofLength: a.columns)) { rows in
            let first = rows.lowerBound
            see_sgemv(a.base + first * a.rowStride, a.rowStride, rows.count, a.columns, x.base, y.base + first)
        }
    } else {
        // Transposed: y is a sum of the rows of the stored matrix. Threads split y, never the sum.
        precondition(a.rowStride == 1, "a view is either row-major or transposed")
        Parallel.forEachChunk(of: a.rows, size: 1024) { rows in
            let target = y.base + rows.lowerBound
            target.update(repeating: 0, count: rows.count)
            for k in 0..<a.columns {
                see_saxpy(x.base[k], a.base + k * a.columnStride + rows.lowerBound, target, rows.count)
            }
        }
    }
}

/// So many rows that a chunk is worth handing to a thread: about 256 KiB, in whole groups of the kernel's four.
private func chunkRows(ofLength length: Int) -> Int {
    max(1, (1 << 14) / max(1, length)) * 4
}

extension Matrix {
    /// The product with the vector `x` of `columns` elements.
    public func times(_ x: [Float]) -> [Float] {
        precondition(x.count == columns, "shapes do not fit")
        return withView { view in product(view, x) }
    }

    /// The product of the transposed matrix with the vector `x` of `rows` elements.
    public func transposedTimes(_ x: [Float]) -> [Float] {
        precondition(x.count == rows, "shapes do not fit")
        return withView { view in product(view.transposed, x) }
    }

    private func product(_ view: MatrixView, _ x: [Float]) -> [Float] {
        var y = [Float](repeating: 0, count: view.rows)
        gemv(view, x, into: &y)
        return y
    }
}
