import LinearAlgebra

/// A post-norm layer of an encoder in training: x = norm₁(x + dropout(attention(x))), then
/// x = norm₂(x + dropout(feed-forward(x))); `EncoderLayer` is the same in use.
struct TrainableEncoderLayer {
    let attention: TrainableSelfAttention
    let attentionNorm: TrainableNorm
    let feedForward: TrainableFeedForward
    let feedForwardNorm: TrainableNorm
    let attentionSite: Int
    let feedForwardSite: Int

    /// What the backward pass needs.
    struct Kept {
        let attention: TrainableSelfAttention.Kept
        let attentionNorm: TrainableNorm.Kept
        let feedForward: TrainableFeedForward.Kept
        let feedForwardNorm: TrainableNorm.Kept
    }

    /// Plans the numbers of `layer`, whose tensors' names begin with `prefix`.
    init(
        _ layer: EncoderLayer,
        _ names: EncoderLayerNames,
        prefix: String,
        heads: Int,
        isCausal: Bool = false,
        in plan: inout ParameterPlan
    ) {
        let width = layer.attentionOutput.outputWidth
        attention = TrainableSelfAttention(
            input: TrainableLinear(
                layer.attentionInput,
                named: names.attentionInput.map { prefix + $0 },
                in: &plan
            ),
            attention: TrainableAttention(
                shape: AttentionShape(heads: heads, keyValueHeads: heads, headWidth: width / heads),
                isCausal: isCausal,
                window: nil,
                site: plan.nextSite()
            ),
            output: TrainableLinear(layer.attentionOutput, named: [prefix + names.attentionOutput], in: &plan)
        )
        attentionNorm = TrainableNorm(layer.attentionNorm, named: prefix + names.attentionNorm, in: &plan)
        feedForward = TrainableFeedForward(
            up: TrainableLinear(layer.feedForward.up, named: [prefix + names.up], in: &plan),
            down: TrainableLinear(layer.feedForward.down, named: [prefix + names.down], in: &plan),
            activation: layer.feedForward.activation,
            site: plan.nextSite()
        )
        feedForwardNorm = TrainableNorm(layer.feedForwardNorm, named: prefix + names.feedForwardNorm, in: &plan)
        (attentionSite, feedForwardSite) = (plan.nextSite(), plan.nextSite())
    }

    /// The hidden vectors `[T, width]` after the layer.
    func forward(
        _ x: MatrixView<Float>,
        _ batch: RaggedBatch,
        _ pass: TrainablePass
    ) -> (y: MutableMatrixView<Float>, kept: Kept) {
        let (middle, attention, attentionNorm) = attend(x, batch, pass)
        let (y, feedForward, feedForwardNorm) = feed(middle.readOnly, pass)
        let kept = Kept(
            attention: attention,
            attentionNorm: attentionNorm,
            feedForward: feedForward,
            feedForwardNorm: feedForwardNorm
        )
        return (y, kept)
    }

    /// Replaces the gradient of the layer's result by that of its input.
    func backward(
        _ gradient: MutableMatrixView<Float>,
        _ batch: RaggedBatch,
        _ kept: Kept,
        _ pass: TrainablePass
    ) {
        feedBackward(gradient, kept, pass)
        attendBackward(gradient, batch, kept, pass)
    }

    // The halves by themselves: a translator's layer has another part between them.

    func attend(
        _ x: MatrixView<Float>,
        _ batch: RaggedBatch,
        _ pass: TrainablePass
    ) -> (MutableMatrixView<Float>, TrainableSelfAttention.Kept, TrainableNorm.Kept) {
        let added = pass.memory.matrix(x.rows, x.columns)
        let y = pass.memory.matrix(x.rows, x.columns)
        let kept = attention.forward(x, batch, into: added, pass)
        let norm = attentionNorm.forward(
            added,
            offset: attention.output.bias,
            draws: pass.dropout.draws(pass.dropout.hidden, site: attentionSite),
            residual: x,
            keepsX: false,
            into: y,
            pass
        )
        return (y, kept, norm)
    }

    func feed(
        _ x: MatrixView<Float>,
        _ pass: TrainablePass
    ) -> (MutableMatrixView<Float>, TrainableFeedForward.Kept, TrainableNorm.Kept) {
        let added = pass.memory.matrix(x.rows, x.columns)
        let y = pass.memory.matrix(x.rows, x.columns)
        let kept = feedForward.forward(x, into: added, pass)
        let norm = feedForwardNorm.forward(
            added,
            offset: feedForward.down.bias,
            draws: pass.dropout.draws(pass.dropout.hidden, site: feedForwardSite),
            residual: x,
            keepsX: false,
            into: y,
            pass
        )
        return (y, kept, norm)
    }

    func feedBackward(_ gradient: MutableMatrixView<Float>, _ kept: Kept, _ pass: TrainablePass) {
        pass.memory.scratch {
            let added = feedForwardNorm.backward(
                gradient,
                kept.feedForwardNorm,
                offset: feedForward.down.bias,
                draws: pass.dropout.draws(pass.dropout.hidden, site: feedForwardSite),
                pass
            )
            feedForward.backward(added.readOnly, kept.feedForward, addingTo: gradient, pass)
        }
    }

    func attendBackward(
        _ gradient: MutableMatrixView<Float>,
        _ batch: RaggedBatch,
        _ kept: Kept,
        _ pass: TrainablePass
    ) {
        pass.memory.scratch {
            let added = attentionNorm.backward(
                gradient,
                kept.attentionNorm,
                offset: attention.output.bias,
                draws: pass.dropout.draws(pass.dropout.hidden, site: attentionSite),
                pass
            )
            attention.backward(
                added.readOnly,
                batch,
                kept.attention,
                into: gradient,
                accumulating: true,
                pass
            )
        }
    }

    /// The layer in use, with a copy of the numbers.
    func layer(_ parameters: ParameterSet) -> EncoderLayer {
        EncoderLayer(
            attentionInput: attention.input.linear(parameters),
            attentionOutput: attention.output.linear(parameters),
            attentionNorm: attentionNorm.layerNorm(parameters),
            feedForward: feedForward.feedForward(parameters),
            feedForwardNorm: feedForwardNorm.layerNorm(parameters)
        )
    }
}
