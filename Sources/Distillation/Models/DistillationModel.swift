import LinearAlgebra
import Runtime
import Tokenizers
import Transformer

/// A model in training, whatever its family: a teacher or a student.
protocol DistillationModel {
    /// The numbers, under the checkpoint's names.
    var parameters: ParameterSet { get }
    /// The vocabulary tables, each once.
    var tables: [ParameterBlock] { get }
    /// Whether it gives scores, so that there are soft and hard losses.
    var hasScores: Bool { get }
    /// What the losses of `texts` count.
    func counts(_ texts: [TrainingText]) -> LossCounts
    /// What the model makes of `texts`, without dropout; the next pass overwrites it.
    func outputs(_ texts: [TrainingText]) throws -> ModelOutputs
    /// The losses of `texts`; adds the gradients to those of `parameters`.
    func lossAndGradients(
        _ texts: [TrainingText],
        teacher: ModelOutputs,
        _ weights: LossWeights,
        counts: LossCounts,
        dropout: Dropout
    ) throws -> LossValues
}

/// A decoder in training.
struct DecoderDistillation: DistillationModel {
    let model: TrainableDecoder

    var parameters: ParameterSet { model.parameters }
    var tables: [ParameterBlock] { model.tables }
    var hasScores: Bool { true }

    private func batch(_ texts: [TrainingText]) -> RaggedBatch { RaggedBatch(texts.map(\.tokens)) }

    func counts(_ texts: [TrainingText]) -> LossCounts { model.counts(batch(texts)) }

    func outputs(_ texts: [TrainingText]) throws -> ModelOutputs { try model.outputs(batch(texts)) }

    func lossAndGradients(
        _ texts: [TrainingText],
        teacher: ModelOutputs,
        _ weights: LossWeights,
        counts: LossCounts,
        dropout: Dropout
    ) throws -> LossValues {
        try model.lossAndGradients(batch(texts), teacher: teacher, weights, counts: counts, dropout: dropout)
    }
}

/// An encoder of sentences in training.
struct EncoderDistillation: DistillationModel {
    let model: TrainableEncoder

    var parameters: ParameterSet { model.parameters }
    var tables: [ParameterBlock] { [model.table] }
    var hasScores: Bool { false }

    private func batch(_ texts: [TrainingText]) -> RaggedBatch { RaggedBatch(texts.map(\.tokens)) }

    func counts(_ texts: [TrainingText]) -> LossCounts { model.counts(batch(texts)) }

    func outputs(_ texts: [TrainingText]) throws -> ModelOutputs { try model.outputs(batch(texts)) }

    func lossAndGradients(
        _ texts: [TrainingText],
        teacher: ModelOutputs,
        _ weights: LossWeights,
        counts: LossCounts,
        dropout: Dropout
    ) throws -> LossValues {
        try model.lossAndGradients(batch(texts), teacher: teacher, weights, counts: counts, dropout: dropout)
    }
}

/// A translator in training.
struct TranslatorDistillation: DistillationModel {
    let model: TrainableTranslator
    /// The token that begins a translation.
    let startToken: Int

    var parameters: ParameterSet { model.parameters }
    var tables: [ParameterBlock] { model.tables }
    var hasScores: Bool { true }

    private func batch(_ texts: [TrainingText]) -> TranslationBatch {
        TranslationBatch(texts.map(\.tokens), texts.map(\.target), startToken: startToken)
    }

    func counts(_ texts: [TrainingText]) -> LossCounts { model.counts(batch(texts)) }

    func outputs(_ texts: [TrainingText]) throws -> ModelOutputs { try model.outputs(batch(texts)) }

    func lossAndGradients(
        _ texts: [TrainingText],
        teacher: ModelOutputs,
        _ weights: LossWeights,
        counts: LossCounts,
        dropout: Dropout
    ) throws -> LossValues {
        try model.lossAndGradients(batch(texts), teacher: teacher, weights, counts: counts, dropout: dropout)
    }
}

extension RunnableModel {
    /// The model in training, all its numbers in float32.
    ///
    /// - Parameter tiesHead: whether a decoder's head becomes its embedding.
    func distillable(tiesHead: Bool = false) -> any DistillationModel {
        switch self {
        case .language(let model): DecoderDistillation(model: model.trainable(tiesHead: tiesHead))
        case .encoder(let model): EncoderDistillation(model: model.trainable())
        case .translator(let model):
            TranslatorDistillation(model: model.trainable(), startToken: model.options.startToken)
        }
    }

    /// The tokenizer at `path`, or the model's own.
    func tokenizer(at path: String?) throws -> any Tokenizer {
        switch self {
        case .language(let model): try model.tokenizer(at: path)
        case .encoder(let model): try model.tokenizer(at: path)
        case .translator(let model): try model.tokenizer(at: path)
        }
    }

    /// Tokens that the model takes at once.
    var contextLength: Int {
        switch self {
        case .language(let model): model.decoder.shape.contextLength
        case .encoder(let model): model.maximumTokens
        case .translator(let model): model.model.contextLength
        }
    }
}
