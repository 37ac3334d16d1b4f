import Kernels
import LinearAlgebra

/// The feed-forward part of a post-norm layer in training: y = W₂ dropout(f(W₁ x + b₁)); what follows adds b₂.
struct TrainableFeedForward {
    let up: TrainableLinear
    let down: TrainableLinear
    let activation: Activation
    /// The place of its dropout.
    let site: Int

    /// What the backward pass needs.
    struct Kept {
        let x: MatrixView<Float>
        /// W₁ x + b₁
        let inner: MutableMatrixView<Float>
        /// dropout(f(inner))
        let activated: MutableMatrixView<Float>
    }

    func forward(_ x: MatrixView<Float>, into y: MutableMatrixView<Float>, _ pass: TrainablePass) -> Kept {
        let width = up.outputWidth
        let inner = pass.memory.matrix(x.rows, width)
        let activated = pass.memory.matrix(x.rows, width)
        up.forward(x, into: inner, pass, addsBias: false)
        let bias = up.bias.map(pass.parameters.view)
        let draws = pass.dropout.draws(pass.dropout.activation, site: site)
        let none = DropoutDraws(rate: 0, key: 0)
        let kernel = activation.kernel
        Parallel.forEachChunk(of: x.rows, size: 16) { rows in
            for row in rows {
                let (source, target) = (inner.base + row * width, activated.base + row * width)
                see_add_bias(source, bias?.base, none.kernel(from: 0), width)
                target.update(from: source, count: width)
                see_activate(kernel, target, width)
                see_add_bias(target, nil, draws.kernel(from: row * width), width)
            }
        }
        down.forward(activated.readOnly, into: y, pass, addsBias: false)
        return Kept(x: x, inner: inner, activated: activated)
    }

    /// Adds the gradients of the weights and of b₁, and adds dL/dx to `dx`.
    func backward(
        _ dy: MatrixView<Float>,
        _ kept: Kept,
        addingTo dx: MutableMatrixView<Float>,
        _ pass: TrainablePass
    ) {
        pass.memory.scratch {
            let width = up.outputWidth
            let gradient = pass.memory.matrix(dy.rows, width)
            down.backward(dy, kept.activated.readOnly, into: gradient, pass, hasBias: false)
            let draws = pass.dropout.draws(pass.dropout.activation, site: site)
            let kernel = activation.kernel
            let biasGradient = pass.gradient(up.bias)
            let wantsBias = biasGradient != nil
            RowSums.add(rows: dy.rows, width: width, memory: pass.memory, to: biasGradient?.base) { rows, sum in
                for row in rows {
                    let target = gradient.base + row * width
                    see_add_bias(target, nil, draws.kernel(from: row * width), width)
                    see_activate_backward(kernel, kept.inner.base + row * width, target, width)
                    if wantsBias { see_saxpy(1, target, sum, width) }
                }
            }
            up.backward(gradient.readOnly, kept.x, into: dx, accumulating: true, pass, hasBias: false)
        }
    }

    /// The part in use, with a copy of the numbers.
    func feedForward(_ parameters: ParameterSet) -> FeedForward {
        FeedForward(up: up.linear(parameters), down: down.linear(parameters), activation: activation)
    }
}

/// The gated feed-forward part in training: y = W₂ (silu(W_g x) ⊙ (W_u x)).
struct TrainableGatedFeedForward {
    /// W_g above W_u.
    let gateAndUp: TrainableLinear
    let down: TrainableLinear

    /// What the backward pass needs.
    struct Kept {
        let x: MatrixView<Float>
        /// W_g x and W_u x, `[T, 2 · inner]`
        let projected: MutableMatrixView<Float>
        let gated: MutableMatrixView<Float>
    }

    private var width: Int { down.inputWidth }

    func forward(_ x: MatrixView<Float>, into y: MutableMatrixView<Float>, _ pass: TrainablePass) -> Kept {
        let width = width
        let projected = pass.memory.matrix(x.rows, 2 * width)
        let gated = pass.memory.matrix(x.rows, width)
        gateAndUp.forward(x, into: projected, pass)
        Parallel.forEachChunk(of: x.rows, size: 16) { rows in
            for row in rows {
                let source = projected.base + row * 2 * width
                see_silu_product(source, source + width, gated.base + row * width, width)
            }
        }
        down.forward(gated.readOnly, into: y, pass, addsBias: false)
        return Kept(x: x, projected: projected, gated: gated)
    }

    /// Adds the gradients of the weights and writes dL/dx.
    func backward(_ dy: MatrixView<Float>, _ kept: Kept, into dx: MutableMatrixView<Float>, _ pass: TrainablePass) {
        pass.memory.scratch {
            let width = width
            let gradient = pass.memory.matrix(dy.rows, width)
            down.backward(dy, kept.gated.readOnly, into: gradient, pass, hasBias: false)
            Parallel.forEachChunk(of: dy.rows, size: 16) { rows in
                for row in rows {
                    let source = kept.projected.base + row * 2 * width
                    see_silu_product_backward(
                        source,
                        source + width,
                        gradient.base + row * width,
                        source,
                        source + width,
                        width
                    )
                }
            }
            gateAndUp.backward(kept.projected.readOnly, kept.x, into: dx, pass)
        }
    }

    /// The part in use, with a copy of the numbers.
    func feedForward(_ parameters: ParameterSet) -> GatedFeedForward {
        GatedFeedForward(gateAndUp: gateAndUp.linear(parameters), down: down.linear(parameters))
    }
}
