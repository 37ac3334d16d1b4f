import Kernels
import LinearAlgebra

/// The gated feed-forward part of a layer: y = W₂ (silu(W_g x) ⊙ (W_u x)) (Shazeer 2020, “SwiGLU”).
public struct GatedFeedForward: Sendable {
    /// W_g above W_u, stacked: `[2 · inner, width]`.
    public let gateAndUp: Linear
    /// W₂ `[width, inner]`.
    public let down: Linear

    /// The layer of both products.
    ///
    /// - Precondition: `gateAndUp` has twice as many outputs as `down` has inputs.
    public init(gateAndUp: Linear, down: Linear) {
        precondition(gateAndUp.outputWidth == 2 * down.inputWidth, "shapes do not fit")
        self.gateAndUp = gateAndUp
        self.down = down
    }

    /// The length of the inner vectors.
    public var innerWidth: Int { down.inputWidth }

    /// y for x, both `[T, width]`. `projected` `[T, 2 · inner]` and `gated` `[T, inner]` receive the results on the way.
    public func forward(
        _ x: MatrixView<Float>,
        projected: MutableMatrixView<Float>,
        gated: MutableMatrixView<Float>,
        into y: MutableMatrixView<Float>
    ) {
        gateAndUp.forward(x, into: projected)
        Parallel.forEachChunk(of: x.rows, size: 8) { rows in
            for row in rows {
                let source = projected.base + row * projected.rowStride
                see_silu_product(source, source + innerWidth, gated.base + row * gated.rowStride, innerWidth)
            }
        }
        down.forward(gated.readOnly, into: y)
    }
}

extension MutableMatrixView where Scalar == Float {
    /// The same memory, to be read.
    public var readOnly: MatrixView<Float> { MatrixView(base, rows: rows, columns: columns, rowStride: rowStride) }

    /// self += other
    func add(_ other: MatrixView<Float>) {
        precondition(rows == other.rows && columns == other.columns, "shapes do not fit")
        for row in 0..<rows {
            let (target, source) = (base + row * rowStride, other.base + row * other.rowStride)
            for column in 0..<columns { target[column] += source[column] }
        }
    }
}
