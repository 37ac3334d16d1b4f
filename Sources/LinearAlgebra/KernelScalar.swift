import Kernels

/// Float and Double: what the kernels compute with.
public protocol KernelScalar: BinaryFloatingPoint & Sendable {
    /// The sum of `a[i] * b[i]` over `count` elements; its last bits depend on the CPU.
    static func dot(_ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, count: Int) -> Self

    /// `y[i] += alpha * x[i]` for `count` elements.
    static func axpy(_ alpha: Self, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>, count: Int)
}

/// A scalar with kernels for products of matrices; apart from `KernelScalar` to keep C types out of what is public.
protocol ProductScalar: KernelScalar, SIMDScalar, Codable {
    /// The tile of the result that `multiplyTile` computes on this CPU.
    static var tileShape: see_tile_shape { get }

    /// The product of two packed panels into one tile of c, or the part of it that `rows` and `columns` say.
    static func multiplyTile(
        _ shape: see_tile_shape,
        depth: Int,
        _ left: UnsafePointer<Self>,
        _ right: UnsafePointer<Self>,
        into c: MutableMatrixView<Self>,
        accumulating: Bool
    )

    /// Packs a panel of `count` rows whose elements of one column are adjacent; false where there is no kernel for it.
    static func packColumns(
        _ source: UnsafePointer<Self>,
        columnStride: Int,
        _ count: Int,
        _ columns: Int,
        times scale: Self,
        width: Int,
        into panel: UnsafeMutablePointer<Self>
    ) -> Bool

    /// Packs a panel of `count` rows whose elements are adjacent along the row; false where there is no kernel for it.
    static func packRows(
        _ source: UnsafePointer<Self>,
        rowStride: Int,
        _ count: Int,
        _ columns: Int,
        times scale: Self,
        width: Int,
        into panel: UnsafeMutablePointer<Self>
    ) -> Bool

    /// The products of x with the rows of a row-major matrix.
    static func multiplyRows(
        _ a: UnsafePointer<Self>,
        rowStride: Int,
        rows: Int,
        columns: Int,
        _ x: UnsafePointer<Self>,
        into y: UnsafeMutablePointer<Self>
    )
}

extension Float: ProductScalar {
    /// See `KernelScalar`.
    public static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
        see_sdot(a, b, count)
    }

    /// See `KernelScalar`.
    public static func axpy(_ alpha: Float, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, count: Int) {
        see_saxpy(alpha, x, y, count)
    }

    static var tileShape: see_tile_shape { see_sgemm_tile_shape() }

    static func multiplyTile(
        _ shape: see_tile_shape,
        depth: Int,
        _ left: UnsafePointer<Float>,
        _ right: UnsafePointer<Float>,
        into c: MutableMatrixView<Float>,
        accumulating: Bool
    ) {
        see_sgemm_tile(shape, depth, left, right, c.base, c.rowStride, c.rows, c.columns, accumulating ? 1 : 0)
    }

    static func packColumns(
        _ source: UnsafePointer<Float>,
        columnStride: Int,
        _ count: Int,
        _ columns: Int,
        times scale: Float,
        width: Int,
        into panel: UnsafeMutablePointer<Float>
    ) -> Bool {
        see_spack_columns(source, columnStride, count, columns, scale, width, panel)
        return true
    }

    static func packRows(
        _ source: UnsafePointer<Float>,
        rowStride: Int,
        _ count: Int,
        _ columns: Int,
        times scale: Float,
        width: Int,
        into panel: UnsafeMutablePointer<Float>
    ) -> Bool {
        see_spack_rows(source, rowStride, count, columns, scale, width, panel)
        return true
    }

    static func multiplyRows(
        _ a: UnsafePointer<Float>,
        rowStride: Int,
        rows: Int,
        columns: Int,
        _ x: UnsafePointer<Float>,
        into y: UnsafeMutablePointer<Float>
    ) {
        see_sgemv(a, rowStride, rows, columns, x, y)
    }
}

extension Double: ProductScalar {
    /// See `KernelScalar`.
    public static func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, count: Int) -> Double {
        see_ddot(a, b, count)
    }

    /// See `KernelScalar`.
    public static func axpy(
        _ alpha: Double,
        _ x: UnsafePointer<Double>,
        _ y: UnsafeMutablePointer<Double>,
        count: Int
    ) {
        see_daxpy(alpha, x, y, count)
    }

    static var tileShape: see_tile_shape { see_dgemm_tile_shape() }

    static func multiplyTile(
        _ shape: see_tile_shape,
        depth: Int,
        _ left: UnsafePointer<Double>,
        _ right: UnsafePointer<Double>,
        into c: MutableMatrixView<Double>,
        accumulating: Bool
    ) {
        see_dgemm_tile(shape, depth, left, right, c.base, c.rowStride, c.rows, c.columns, accumulating ? 1 : 0)
    }

    static func packColumns(
        _ source: UnsafePointer<Double>,
        columnStride: Int,
        _ count: Int,
        _ columns: Int,
        times scale: Double,
        width: Int,
        into panel: UnsafeMutablePointer<Double>
    ) -> Bool { false }

    static func packRows(
        _ source: UnsafePointer<Double>,
        rowStride: Int,
        _ count: Int,
        _ columns: Int,
        times scale: Double,
        width: Int,
        into panel: UnsafeMutablePointer<Double>
    ) -> Bool { false }

    static func multiplyRows(
        _ a: UnsafePointer<Double>,
        rowStride: Int,
        rows: Int,
        columns: Int,
        _ x: UnsafePointer<Double>,
        into y: UnsafeMutablePointer<Double>
    ) {
        see_dgemv(a, rowStride, rows, columns, x, y)
    }
}
