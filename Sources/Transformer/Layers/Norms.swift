import Kernels
import LinearAlgebra

/// y = x / √(mean(x²) + ε) · w, elementwise in w (Zhang, Sennrich 2019).
public struct RMSNorm: Sendable {
    /// The weights w.
    public let weight: [Float]
    /// ε, added to the mean square.
    public let epsilon: Float

    /// The norm of vectors as long as `weight`.
    public init(weight: [Float], epsilon: Float) {
        self.weight = weight
        self.epsilon = epsilon
    }

    /// Normalises each row of x into y, both `[T, width]`; y may be x.
    public func forward(_ x: MatrixView<Float>, into y: MutableMatrixView<Float>) {
        precondition(x.columns == weight.count && y.columns == weight.count && x.rows == y.rows, "shapes do not fit")
        weight.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let weights = MatrixView(base, rows: 1, columns: buffer.count)
            Parallel.forEachChunk(of: x.rows, size: 32) { rows in
                for row in rows {
                    let (source, target) = (x.base + row * x.rowStride, y.base + row * y.rowStride)
                    let meanSquare = dot(source, source, count: x.columns) / Float(x.columns)
                    let factor = 1 / (meanSquare + epsilon).squareRoot()
                    for column in 0..<x.columns {
                        target[column] = source[column] * factor * weights.base[column]
                    }
                }
            }
        }
    }
}

/// y = (x − mean(x)) / √(variance(x) + ε) · w + b (Ba, Kiros, Hinton 2016); the variance is that of the population.
public struct LayerNorm: Sendable {
    /// The weights w.
    public let weight: [Float]
    /// The offsets b.
    public let bias: [Float]
    /// ε, added to the variance.
    public let epsilon: Float

    /// The norm of vectors as long as `weight` and `bias`.
    public init(weight: [Float], bias: [Float], epsilon: Float) {
        precondition(weight.count == bias.count, "shapes do not fit")
        self.weight = weight
        self.bias = bias
        self.epsilon = epsilon
    }

    /// Normalises each row of x into y, both `[T, width]`; y may be x.
    public func forward(_ x: MatrixView<Float>, into y: MutableMatrixView<Float>) {
        forward(x, residual: nil, into: y)
    }

    /// Normalises each row of x + residual into y, all `[T, width]`; y may be either.
    public func forward(_ x: MatrixView<Float>, residual: MatrixView<Float>?, into y: MutableMatrixView<Float>) {
        precondition(x.columns == weight.count && y.columns == weight.count && x.rows == y.rows, "shapes do not fit")
        precondition(residual.map { $0.rows == x.rows && $0.columns == x.columns } ?? true, "shapes do not fit")
        weight.withUnsafeBufferPointer { weights in
            bias.withUnsafeBufferPointer { offsets in
                guard let weights = weights.baseAddress, let offsets = offsets.baseAddress else { return }
                let parameters = (
                    MatrixView(weights, rows: 1, columns: x.columns), MatrixView(offsets, rows: 1, columns: x.columns)
                )
                Parallel.forEachChunk(of: x.rows, size: 64) { rows in
                    for row in rows {
                        see_layer_norm(
                            x.base + row * x.rowStride,
                            residual.map { $0.base + row * $0.rowStride },
                            parameters.0.base,
                            parameters.1.base,
                            epsilon,
                            y.base + row * y.rowStride,
                            x.columns
                        )
                    }
                }
            }
        }
    }
}
