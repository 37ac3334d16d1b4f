import LinearAlgebra

/// A post-norm layer of a translator's writing half in training: an encoder's layer with attention to the source between its
/// halves; `TranslationLayer` is the same in use.
struct TrainableTranslationLayer {
    /// Attention to the tokens so far, and the feed-forward part.
    let common: TrainableEncoderLayer
    let source: TrainableSourceAttention
    let sourceNorm: TrainableNorm
    let sourceSite: Int

    /// What the backward pass needs.
    struct Kept {
        let common: TrainableEncoderLayer.Kept
        let source: TrainableSourceAttention.Kept
        let sourceNorm: TrainableNorm.Kept
    }

    /// Plans the numbers of `layer`, number `index` of the writing half.
    init(
        _ layer: TranslationLayer,
        _ family: TranslatorArchitecture,
        index: Int,
        heads: Int,
        in plan: inout ParameterPlan
    ) {
        let prefix = "\(family.decoder.layerPrefix)\(index)."
        let width = layer.selfOutput.outputWidth
        common = TrainableEncoderLayer(
            EncoderLayer(
                attentionInput: layer.selfInput,
                attentionOutput: layer.selfOutput,
                attentionNorm: layer.selfNorm,
                feedForward: layer.feedForward,
                feedForwardNorm: layer.feedForwardNorm
            ),
            family.decoder.layer,
            prefix: prefix,
            heads: heads,
            isCausal: true,
            in: &plan
        )
        let names = family.sourceAttention
        source = TrainableSourceAttention(
            query: TrainableLinear(layer.sourceQuery, named: [prefix + names.input[0]], in: &plan),
            keyValue: TrainableLinear(
                layer.sourceKeyValue,
                named: names.input.dropFirst().map { prefix + $0 },
                in: &plan
            ),
            attention: TrainableAttention(
                shape: AttentionShape(heads: heads, keyValueHeads: heads, headWidth: width / heads),
                isCausal: false,
                window: nil,
                site: plan.nextSite()
            ),
            output: TrainableLinear(layer.sourceOutput, named: [prefix + names.output], in: &plan)
        )
        sourceNorm = TrainableNorm(layer.sourceNorm, named: prefix + names.norm, in: &plan)
        sourceSite = plan.nextSite()
    }

    /// The hidden vectors `[T, width]` after the layer; `memory` is the last hidden state of the reading half.
    func forward(
        _ x: MatrixView<Float>,
        _ batch: TranslationBatch,
        source memory: MatrixView<Float>,
        _ pass: TrainablePass
    ) -> (y: MutableMatrixView<Float>, kept: Kept) {
        let (first, attention, attentionNorm) = common.attend(x, batch.target, pass)
        let added = pass.memory.matrix(x.rows, x.columns)
        let second = pass.memory.matrix(x.rows, x.columns)
        let keptSource = source.forward(
            first.readOnly,
            batch.target,
            source: memory,
            batch.source,
            into: added,
            pass
        )
        let keptNorm = sourceNorm.forward(
            added,
            offset: source.output.bias,
            draws: pass.dropout.draws(pass.dropout.hidden, site: sourceSite),
            residual: first.readOnly,
            keepsX: false,
            into: second,
            pass
        )
        let (y, feedForward, feedForwardNorm) = common.feed(second.readOnly, pass)
        let kept = TrainableEncoderLayer.Kept(
            attention: attention,
            attentionNorm: attentionNorm,
            feedForward: feedForward,
            feedForwardNorm: feedForwardNorm
        )
        return (y, Kept(common: kept, source: keptSource, sourceNorm: keptNorm))
    }

    /// Replaces the gradient of the layer's result by that of its input, and adds that of the source to `sourceGradient`.
    func backward(
        _ gradient: MutableMatrixView<Float>,
        _ batch: TranslationBatch,
        source memory: MatrixView<Float>,
        _ kept: Kept,
        _ sourceGradient: MutableMatrixView<Float>,
        _ pass: TrainablePass
    ) {
        common.feedBackward(gradient, kept.common, pass)
        pass.memory.scratch {
            let added = sourceNorm.backward(
                gradient,
                kept.sourceNorm,
                offset: source.output.bias,
                draws: pass.dropout.draws(pass.dropout.hidden, site: sourceSite),
                pass
            )
            source.backward(
                added.readOnly,
                batch.target,
                source: memory,
                batch.source,
                kept.source,
                addingTo: gradient,
                sourceGradient,
                pass
            )
        }
        common.attendBackward(gradient, batch.target, kept.common, pass)
    }

    /// The layer in use, with a copy of the numbers.
    func layer(_ parameters: ParameterSet) -> TranslationLayer {
        let common = common.layer(parameters)
        return TranslationLayer(
            selfInput: common.attentionInput,
            selfOutput: common.attentionOutput,
            selfNorm: common.attentionNorm,
            sourceQuery: source.query.linear(parameters),
            sourceKeyValue: source.keyValue.linear(parameters),
            sourceOutput: source.output.linear(parameters),
            sourceNorm: sourceNorm.layerNorm(parameters),
            feedForward: common.feedForward,
            feedForwardNorm: common.feedForwardNorm
        )
    }
}
