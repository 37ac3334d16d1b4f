/// The factor L of A = L·Lᵀ for a symmetric positive definite A, and solutions of A·x = b by it.
///
/// For many small systems call the two static functions, which work in place and allocate nothing.
public struct Cholesky<Scalar: KernelScalar>: Sendable {
    /// The number of rows and columns.
    public let size: Int
    /// L in the lower triangle, row-major; above the diagonal lies what A held there.
    public let factor: [Scalar]

    /// Factorizes A, `[size, size]` row-major, of which only the lower triangle is read.
    ///
    /// Throws `notPositiveDefinite` where a pivot is not positive, which is also what becomes of a NaN.
    @inlinable
    public init(_ elements: [Scalar], size: Int) throws(LinearAlgebraError) {
        var factor = elements
        try Self.factorize(&factor, size: size)
        self.factor = factor
        self.size = size
    }

    /// The solution of A·x = b.
    @inlinable
    public func solve(_ b: [Scalar]) -> [Scalar] {
        var x = b
        Self.solve(factor, size: size, &x)
        return x
    }

    /// Replaces A by L in its lower triangle, in `size³/6` multiply-adds.
    @inlinable
    public static func factorize(_ elements: inout [Scalar], size: Int) throws(LinearAlgebraError) {
        precondition(elements.count == size * size, "a square matrix is needed")
        try elements.withUnsafeMutableBufferPointer { buffer throws(LinearAlgebraError) in
            guard let base = buffer.baseAddress else { return }
            for i in 0..<size {
                let row = base + i * size
                for j in 0..<i {
                    let other = base + j * size
                    row[j] = (row[j] - Scalar.dot(row, other, count: j)) / other[j]
                }
                let pivot = row[i] - Scalar.dot(row, row, count: i)
                guard pivot > 0, pivot.isFinite else { throw .notPositiveDefinite(pivot: i) }
                row[i] = pivot.squareRoot()
            }
        }
    }

    /// Replaces b by the solution x of L·Lᵀ·x = b.
    @inlinable
    public static func solve(_ factor: [Scalar], size: Int, _ b: inout [Scalar]) {
        precondition(factor.count == size * size && b.count == size, "shapes do not fit")
        b.withUnsafeMutableBufferPointer { x in
            factor.withUnsafeBufferPointer { factor in
                guard let x = x.baseAddress, let factor = factor.baseAddress else { return }
                for i in 0..<size {
                    let row = factor + i * size
                    x[i] = (x[i] - Scalar.dot(row, x, count: i)) / row[i]
                }
                for i in stride(from: size - 1, through: 0, by: -1) {
                    let row = factor + i * size
                    x[i] /= row[i]
                    Scalar.axpy(-x[i], row, x, count: i)
                }
            }
        }
    }
}
