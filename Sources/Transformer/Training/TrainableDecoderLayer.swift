import Kernels
import LinearAlgebra

/// A pre-norm layer in training: x += dropout(attention(norm x)), then x += dropout(feed-forward(norm x)); `DecoderLayer` is
/// the same in use.
struct TrainableDecoderLayer {
    let attentionNorm: TrainableNorm
    let attention: TrainableSelfAttention
    let feedForwardNorm: TrainableNorm
    let feedForward: TrainableGatedFeedForward
    let attentionSite: Int
    let feedForwardSite: Int

    /// What the backward pass needs.
    struct Kept {
        let attentionNorm: TrainableNorm.Kept
        let attention: TrainableSelfAttention.Kept
        let feedForwardNorm: TrainableNorm.Kept
        let feedForward: TrainableGatedFeedForward.Kept
    }

    /// Plans the numbers of `layer`, number `index` of a model of `shape`.
    init(
        _ layer: DecoderLayer,
        _ names: DecoderTensorNames,
        index: Int,
        _ shape: DecoderShape,
        in plan: inout ParameterPlan
    ) {
        func named(_ parts: [String]) -> [String] { parts.map { names.layer(index, $0) } }
        attentionNorm = TrainableNorm(
            layer.attentionNorm,
            named: names.layer(index, names.attentionNorm),
            in: &plan
        )
        let heads = shape.attention
        attention = TrainableSelfAttention(
            input: TrainableLinear(
                layer.attentionInput,
                named: named(names.attentionInput),
                rows: names.attentionInput.count == 1 ? nil : [heads.queryWidth, heads.keyWidth, heads.keyWidth],
                in: &plan
            ),
            attention: TrainableAttention(
                shape: shape.attention,
                isCausal: true,
                window: shape.window,
                site: plan.nextSite()
            ),
            output: TrainableLinear(layer.attentionOutput, named: named([names.attentionOutput]), in: &plan),
            rotary: shape.rotary
        )
        feedForwardNorm = TrainableNorm(
            layer.feedForwardNorm,
            named: names.layer(index, names.feedForwardNorm),
            in: &plan
        )
        feedForward = TrainableGatedFeedForward(
            gateAndUp: TrainableLinear(layer.feedForward.gateAndUp, named: named(names.gateAndUp), in: &plan),
            down: TrainableLinear(layer.feedForward.down, named: named([names.down]), in: &plan)
        )
        (attentionSite, feedForwardSite) = (plan.nextSite(), plan.nextSite())
    }

    /// Changes the hidden vectors x `[T, width]`.
    func forward(
        _ x: MutableMatrixView<Float>,
        _ batch: RaggedBatch,
        _ angles: RotaryEmbedding.Angles,
        _ pass: TrainablePass
    ) -> Kept {
        func normed() -> MutableMatrixView<Float> { pass.memory.matrix(x.rows, x.columns) }
        let first = normed()
        let attentionNorm = attentionNorm.forward(x, keepsX: true, into: first, pass)
        // Scratch would lie below what the layer keeps.
        let added = pass.memory.matrix(x.rows, x.columns)
        let attention = attention.forward(first.readOnly, batch, angles: angles, into: added, pass)
        add(added, self.attention.output.bias, site: attentionSite, to: x, pass)
        let second = normed()
        let feedForwardNorm = feedForwardNorm.forward(x, keepsX: true, into: second, pass)
        let feedForward = feedForward.forward(second.readOnly, into: added, pass)
        add(added, self.feedForward.down.bias, site: feedForwardSite, to: x, pass)
        return Kept(
            attentionNorm: attentionNorm,
            attention: attention,
            feedForwardNorm: feedForwardNorm,
            feedForward: feedForward
        )
    }

    /// x += dropout(added + bias)
    private func add(
        _ added: MutableMatrixView<Float>,
        _ bias: ParameterBlock?,
        site: Int,
        to x: MutableMatrixView<Float>,
        _ pass: TrainablePass
    ) {
        let width = x.columns
        let bias = bias.map(pass.parameters.view)
        let draws = pass.dropout.draws(pass.dropout.hidden, site: site)
        Parallel.forEachChunk(of: x.rows, size: RowSums.block) { rows in
            for row in rows {
                let source = added.base + row * width
                see_add_bias(source, bias?.base, draws.kernel(from: row * width), width)
                see_saxpy(1, source, x.base + row * width, width)
            }
        }
    }

    /// Replaces the gradient of the layer's result by that of its input.
    ///
    /// - Parameter angles: those of the way back.
    func backward(
        _ gradient: MutableMatrixView<Float>,
        _ batch: RaggedBatch,
        _ kept: Kept,
        _ angles: RotaryEmbedding.Angles,
        _ pass: TrainablePass
    ) {
        pass.memory.scratch {
            let normed = pass.memory.matrix(gradient.rows, gradient.columns)
            let added = dropped(gradient, feedForward.down.bias, site: feedForwardSite, pass)
            feedForward.backward(added.readOnly, kept.feedForward, into: normed, pass)
            addBackward(normed, feedForwardNorm, kept.feedForwardNorm, to: gradient, pass)
        }
        pass.memory.scratch {
            let normed = pass.memory.matrix(gradient.rows, gradient.columns)
            let added = dropped(gradient, attention.output.bias, site: attentionSite, pass)
            attention.backward(
                added.readOnly,
                batch,
                kept.attention,
                angles: angles,
                into: normed,
                accumulating: false,
                pass
            )
            addBackward(normed, attentionNorm, kept.attentionNorm, to: gradient, pass)
        }
    }

    /// The gradient of what a part added, where dropout changed it a copy; adds the gradient of the bias.
    private func dropped(
        _ gradient: MutableMatrixView<Float>,
        _ bias: ParameterBlock?,
        site: Int,
        _ pass: TrainablePass
    ) -> MutableMatrixView<Float> {
        let draws = pass.dropout.draws(pass.dropout.hidden, site: site)
        var added = gradient
        if draws.isActive {
            added = pass.memory.matrix(gradient.rows, gradient.columns)
            added.base.update(from: gradient.base, count: gradient.rows * gradient.columns)
            draws.apply(added)
        }
        if let target = pass.gradient(bias) {
            let (source, width) = (added, gradient.columns)
            RowSums.add(rows: gradient.rows, width: width, memory: pass.memory, to: target.base) { rows, sum in
                for row in rows { see_saxpy(1, source.base + row * width, sum, width) }
            }
        }
        return added
    }

    /// gradient += the way of `normed` back through a norm.
    private func addBackward(
        _ normed: MutableMatrixView<Float>,
        _ norm: TrainableNorm,
        _ kept: TrainableNorm.Kept,
        to gradient: MutableMatrixView<Float>,
        _ pass: TrainablePass
    ) {
        _ = norm.backward(normed, kept, pass)
        let width = gradient.columns
        Parallel.forEachChunk(of: gradient.rows, size: RowSums.block) { rows in
            for row in rows { see_saxpy(1, normed.base + row * width, gradient.base + row * width, width) }
        }
    }

    /// The layer in use, with a copy of the numbers.
    func layer(_ parameters: ParameterSet) -> DecoderLayer {
        DecoderLayer(
            attentionNorm: attentionNorm.rmsNorm(parameters),
            attentionInput: attention.input.linear(parameters),
            attentionOutput: attention.output.linear(parameters),
            feedForwardNorm: feedForwardNorm.rmsNorm(parameters),
            feedForward: feedForward.feedForward(parameters)
        )
    }
}
