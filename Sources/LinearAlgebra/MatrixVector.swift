/// y = a · x for a `[m, n]`, x of n and y of m elements; a may be transposed. y must not overlap x.
///
/// Each element of y is summed in the same order however many threads share the work.
public func gemv(_ a: MatrixView<Float>, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
    multiplyFewRows(
        MatrixView(x, rows: 1, columns: a.columns),
        a.transposed,
        into: MutableMatrixView(y, rows: 1, columns: a.rows)
    )
}

/// The same in Double.
public func gemv(_ a: MatrixView<Double>, _ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>) {
    multiplyFewRows(
        MatrixView(x, rows: 1, columns: a.columns),
        a.transposed,
        into: MutableMatrixView(y, rows: 1, columns: a.rows)
    )
}

/// c = a · b for a row-major a of few rows: b is read once, part by part, and every row of a meets a part while it is in
/// the cache.
func multiplyFewRows<Scalar: ProductScalar>(
    _ a: MatrixView<Scalar>,
    _ b: MatrixView<Scalar>,
    into c: MutableMatrixView<Scalar>
) {
    if b.rowStride == 1 {
        // b's columns lie in rows: products of vectors, about 256 KiB of b at a time in groups of the kernel's four.
        let size = max(1, (1 << 16) / (max(1, b.rows) * MemoryLayout<Scalar>.stride)) * 4
        Parallel.forEachChunk(of: b.columns, size: size) { part in
            for row in 0..<a.rows {
                Scalar.multiplyRows(
                    b.base + part.lowerBound * b.columnStride,
                    rowStride: b.columnStride,
                    rows: part.count,
                    columns: b.rows,
                    a.base + row * a.rowStride,
                    into: c.base + row * c.rowStride + part.lowerBound
                )
            }
        }
    } else {
        // Weighted sums of b's rows: threads split the rows, never the sum over them.
        Parallel.forEachChunk(of: b.columns, size: 1024) { part in
            let target = c.base + part.lowerBound
            for row in 0..<a.rows { (target + row * c.rowStride).update(repeating: 0, count: part.count) }
            for step in 0..<b.rows {
                let source = b.base + step * b.rowStride + part.lowerBound
                for row in 0..<a.rows {
                    Scalar.axpy(a.base[row * a.rowStride + step], source, target + row * c.rowStride, count: part.count)
                }
            }
        }
    }
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

    private func product(_ view: MatrixView<Float>, _ x: [Float]) -> [Float] {
        var y = [Float](repeating: 0, count: view.rows)
        gemv(view, x, into: &y)
        return y
    }
}
