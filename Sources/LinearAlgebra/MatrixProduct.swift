/// c = alpha · a · b + beta · c, for a `[m, k]`, b `[k, n]` and c `[m, n]`; pass `view.transposed` for a transposed
/// operand. c must overlap neither operand. With beta 0, c is only written.
///
/// Each element of c is summed in the same order however many threads share the work.
public func gemm(
    _ a: MatrixView<Float>,
    _ b: MatrixView<Float>,
    into c: MutableMatrixView<Float>,
    alpha: Float = 1,
    beta: Float = 0
) {
    multiply(a, b, into: c, alpha: alpha, beta: beta)
}

/// The same in Double.
public func gemm(
    _ a: MatrixView<Double>,
    _ b: MatrixView<Double>,
    into c: MutableMatrixView<Double>,
    alpha: Double = 1,
    beta: Double = 0
) {
    multiply(a, b, into: c, alpha: alpha, beta: beta)
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
        result.setToProduct(a, b, transposingFirst: transposingFirst, transposingSecond: transposingSecond)
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

/// Chooses how: few rows are products of vectors, and a large product is shared out along its longer side.
private func multiply<Scalar: ProductScalar>(
    _ a: MatrixView<Scalar>,
    _ b: MatrixView<Scalar>,
    into c: MutableMatrixView<Scalar>,
    alpha: Scalar,
    beta: Scalar
) {
    precondition(a.columns == b.rows && a.rows == c.rows && b.columns == c.columns, "shapes do not fit")
    if a.rows <= 4, a.columnStride == 1, alpha == 1, beta == 0 {
        multiplyFewRows(a, b, into: c)
        return
    }
    guard a.rows > 0, b.columns > 0, a.columns > 0, alpha != 0 else {
        if beta != 1 { c.scale(by: beta) }
        return
    }
    // With beta 0 the kernels write all of c.
    if beta != 0, beta != 1 { c.scale(by: beta) }

    let product = BlockedProduct<Scalar>(alpha: alpha, accumulating: beta != 0)
    // Two parts a thread even out what other programs do to one of them; a small product is not worth a thread.
    let isSmall = a.rows * b.columns * a.columns < 1 << 18
    let parts = isSmall || Parallel.workers == 1 ? 1 : 2 * Parallel.workers
    if b.columns >= a.rows {
        let size = (b.columns / parts + 1).roundedUp(toMultipleOf: product.tile.columns)
        Parallel.forEachChunk(of: b.columns, size: size) { part in
            product.multiply(
                a,
                b.extracting(rows: 0..<b.rows, columns: part),
                into: c.extracting(rows: 0..<c.rows, columns: part)
            )
        }
    } else {
        let size = (a.rows / parts + 1).roundedUp(toMultipleOf: product.tile.rows)
        Parallel.forEachChunk(of: a.rows, size: size) { part in
            product.multiply(
                a.extracting(rows: part, columns: 0..<a.columns),
                b,
                into: c.extracting(rows: part, columns: 0..<c.columns)
            )
        }
    }
}

extension MutableMatrixView where Scalar: BinaryFloatingPoint {
    /// Multiplies all elements by `factor`; 0 also clears what is not a number.
    fileprivate func scale(by factor: Scalar) {
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
