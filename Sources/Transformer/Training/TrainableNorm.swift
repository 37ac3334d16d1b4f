import Kernels
import LinearAlgebra

/// A layer norm or, without offsets, a root-mean-square norm in training; `LayerNorm` and `RMSNorm` are the same in use.
///
/// With n = (z − mean) · f, f = 1/√(variance + ε) and y = n ⊙ w + b, and g = dL/dy ⊙ w:
/// dL/dz = f (g − mean(g) − n · mean(g ⊙ n)), dL/dw = Σ dL/dy ⊙ n, dL/db = Σ dL/dy. A root-mean-square norm has no means
/// of z and g.
struct TrainableNorm {
    let weight: ParameterBlock
    let bias: ParameterBlock?
    let epsilon: Float

    /// What the backward pass needs.
    struct Kept {
        /// n, `[T, width]`
        let normalised: MutableMatrixView<Float>
        /// f of each row.
        let factors: MutableMatrixView<Float>
    }

    init(_ norm: LayerNorm, named name: String, in plan: inout ParameterPlan) {
        weight = plan.add(name + ".weight", vector: norm.weight)
        bias = plan.add(name + ".bias", vector: norm.bias)
        epsilon = norm.epsilon
    }

    init(_ norm: RMSNorm, named name: String, in plan: inout ParameterPlan) {
        weight = plan.add(name + ".weight", vector: norm.weight)
        bias = nil
        epsilon = norm.epsilon
    }

    private var isCentred: Bool { bias != nil }

    /// y = norm(residual + dropout(x + offset)), where residual and offset may be absent.
    ///
    /// - Parameter keepsX: false where x is done with; its memory then holds what the backward pass needs.
    func forward(
        _ x: MutableMatrixView<Float>,
        offset: ParameterBlock? = nil,
        draws: DropoutDraws? = nil,
        residual: MatrixView<Float>? = nil,
        keepsX: Bool,
        into y: MutableMatrixView<Float>,
        _ pass: TrainablePass
    ) -> Kept {
        let width = x.columns
        let kept = Kept(
            normalised: keepsX ? pass.memory.matrix(x.rows, width) : x,
            factors: pass.memory.matrix(x.rows, 1)
        )
        let weights = pass.parameters.view(weight)
        let biases = bias.map(pass.parameters.view)
        let offsets = offset.map(pass.parameters.view)
        let (epsilon, centred): (Float, Int32) = (epsilon, isCentred ? 1 : 0)
        let draws = draws ?? DropoutDraws(rate: 0, key: 0)
        Parallel.forEachChunk(of: x.rows, size: RowSums.block) { rows in
            for row in rows {
                let source = x.base + row * x.rowStride
                see_add_bias(source, offsets?.base, draws.kernel(from: row * width), width)
                kept.factors.base[row] = see_norm_forward(
                    source,
                    residual.map { $0.base + row * $0.rowStride },
                    weights.base,
                    biases?.base,
                    centred,
                    epsilon,
                    kept.normalised.base + row * kept.normalised.rowStride,
                    y.base + row * y.rowStride,
                    width
                )
            }
        }
        return kept
    }

    /// Replaces dL/dy by dL/dz, adds the gradients of w and b, and of `offset` where there is one.
    ///
    /// - Returns: the gradient of x, that by z where nothing was dropped: a view of `gradient` then.
    func backward(
        _ gradient: MutableMatrixView<Float>,
        _ kept: Kept,
        offset: ParameterBlock? = nil,
        draws: DropoutDraws? = nil,
        _ pass: TrainablePass
    ) -> MutableMatrixView<Float> {
        let (rows, width) = (gradient.rows, gradient.columns)
        let weights = pass.parameters.view(weight)
        let centred: Int32 = isCentred ? 1 : 0
        let active = draws.flatMap { $0.isActive ? $0 : nil }
        let inner = active == nil ? gradient : pass.memory.matrix(rows, width)
        let (weightGradient, biasGradient, offsetGradient) = (
            pass.gradient(weight), pass.gradient(bias), pass.gradient(offset)
        )
        let isTrained = weightGradient != nil || biasGradient != nil
        let wantsOffset = offsetGradient != nil
        pass.memory.scratch {
            let sums = pass.memory.take(3 * width)
            sums.update(repeating: 0, count: 3 * width)
            RowSums.add(rows: rows, width: 3 * width, memory: pass.memory, to: sums) { block, partial in
                for row in block {
                    let target = gradient.base + row * gradient.rowStride
                    see_norm_backward(
                        target,
                        kept.normalised.base + row * kept.normalised.rowStride,
                        weights.base,
                        kept.factors.base[row],
                        centred,
                        target,
                        isTrained ? partial : nil,
                        isTrained ? partial + width : nil,
                        width
                    )
                    let source = inner.base + row * inner.rowStride
                    if let active {
                        source.update(from: target, count: width)
                        see_add_bias(source, nil, active.kernel(from: row * width), width)
                    }
                    if wantsOffset { see_saxpy(1, source, partial + 2 * width, width) }
                }
            }
            if let weightGradient { axpy(1, sums, weightGradient.base, count: width) }
            if let biasGradient { axpy(1, sums + width, biasGradient.base, count: width) }
            if let offsetGradient { axpy(1, sums + 2 * width, offsetGradient.base, count: width) }
        }
        return inner
    }

    /// The norm in use, with a copy of the numbers.
    func layerNorm(_ parameters: ParameterSet) -> LayerNorm {
        let weights = parameters.numbers(weight)
        return LayerNorm(
            weight: weights,
            bias: bias.map(parameters.numbers) ?? [Float](repeating: 0, count: weights.count),
            epsilon: epsilon
        )
    }

    /// The norm in use, of root-mean-square kind.
    func rmsNorm(_ parameters: ParameterSet) -> RMSNorm {
        RMSNorm(weight: parameters.numbers(weight), epsilon: epsilon)
    }
}
