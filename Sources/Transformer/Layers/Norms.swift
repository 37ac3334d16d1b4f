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
        precondition(x.columns == weight.count && y.columns == weight.count && x.rows == y.rows, "shapes do not fit")
        Parallel.forEachChunk(of: x.rows, size: 32) { rows in
            let (weights, offsets) = (weight.span, bias.span)
            for row in rows {
                let (source, target) = (x.base + row * x.rowStride, y.base + row * y.rowStride)
                let count = x.columns
                var sum: Float = 0
                for column in 0..<count { sum += source[column] }
                let mean = sum / Float(count)
                for column in 0..<count { target[column] = source[column] - mean }
                let variance = dot(target, target, count: count) / Float(count)
                let factor = 1 / (variance + epsilon).squareRoot()
                for column in 0..<count {
                    target[column] = target[column] * factor * weights[column] + offsets[column]
                }
            }
        }
    }
}
