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
    /// Steps that suit the family, where nothing else is asked for.
    var usualSteps: UsualSteps { get }
    /// Bytes that passes have used at most.
    var activationByteCount: Int { get }
    /// What the losses of `texts` count.
    func counts(_ texts: [TrainingText]) -> LossCounts
    /// What the model makes of `texts`, without dropout; the next pass overwrites it.
    func outputs(_ texts: [TrainingText]) throws -> ModelOutputs
    /// The losses of `texts`; adds the gradients to those of `parameters` where it differentiates.
    func lossAndGradients(
        _ texts: [TrainingText],
        teacher: ModelOutputs,
        _ weights: LossWeights,
        counts: LossCounts,
        dropout: Dropout,
        differentiates: Bool
    ) throws -> LossValues
}

/// Steps that suit a family of models.
struct UsualSteps: Hashable {
    /// Tokens of a batch.
    let batchTokens: Int
    /// The highest learning rate, where more than tables trains.
    let rate: Double
}

extension DistillationModel {
    /// The losses of all `passes` together, against `teacher`; adds the gradients to those of `parameters` where it
    /// differentiates.
    ///
    /// - Parameter dropout: what each pass drops.
    func losses(
        of passes: [[TrainingText]],
        against teacher: any DistillationModel,
        _ weights: LossWeights,
        dropout: (_ pass: Int) -> Dropout = { _ in .none },
        differentiates: Bool
    ) throws -> LossValues {
        let counts = passes.reduce(LossCounts()) { $0 + self.counts($1) }
        var losses = LossValues()
        for (pass, texts) in passes.enumerated() {
            losses =
                losses
                + (try lossAndGradients(
                    texts,
                    teacher: teacher.outputs(texts),
                    weights,
                    counts: counts,
                    dropout: dropout(pass),
                    differentiates: differentiates
                ))
        }
        return losses
    }
}

/// A model in training that takes texts as batches of its own kind.
protocol TrainableModelDistillation: DistillationModel {
    associatedtype Model: TrainableModel
    var model: Model { get }
    /// `texts` as the model takes them.
    func batch(_ texts: [TrainingText]) -> Model.Batch
}

extension TrainableModelDistillation {
    var parameters: ParameterSet { model.parameters }
    var activationByteCount: Int { model.activationByteCount }

    func counts(_ texts: [TrainingText]) -> LossCounts { model.counts(batch(texts)) }

    func outputs(_ texts: [TrainingText]) throws -> ModelOutputs { try model.outputs(batch(texts)) }

    func lossAndGradients(
        _ texts: [TrainingText],
        teacher: ModelOutputs,
        _ weights: LossWeights,
        counts: LossCounts,
        dropout: Dropout,
        differentiates: Bool
    ) throws -> LossValues {
        try model.lossAndGradients(
            batch(texts),
            teacher: teacher,
            weights,
            counts: counts,
            dropout: dropout,
            differentiates: differentiates
        )
    }
}

/// A decoder in training.
struct DecoderDistillation: TrainableModelDistillation {
    let model: TrainableDecoder

    var tables: [ParameterBlock] { model.tables }
    var hasScores: Bool { true }
    var usualSteps: UsualSteps { UsualSteps(batchTokens: 4096, rate: 5e-4) }

    func batch(_ texts: [TrainingText]) -> RaggedBatch { RaggedBatch(texts.map(\.tokens)) }
}

/// An encoder of sentences in training.
struct EncoderDistillation: TrainableModelDistillation {
    let model: TrainableEncoder

    var tables: [ParameterBlock] { [model.table] }
    var hasScores: Bool { false }
    // Vectors of texts are easily spoilt: at ten times the rate they became worse with every step.
    var usualSteps: UsualSteps { UsualSteps(batchTokens: 4096, rate: 5e-5) }

    func batch(_ texts: [TrainingText]) -> RaggedBatch { RaggedBatch(texts.map(\.tokens)) }
}

/// A translator in training.
struct TranslatorDistillation: TrainableModelDistillation {
    let model: TrainableTranslator
    /// The token that begins a translation.
    let startToken: Int

    var tables: [ParameterBlock] { model.tables }
    var hasScores: Bool { true }
    // Four times as many steps in the same time, of 3/5 the rate: 0.6 BLEU more after an epoch at 80×.
    var usualSteps: UsualSteps { UsualSteps(batchTokens: 1024, rate: 3e-4) }

    func batch(_ texts: [TrainingText]) -> TranslationBatch {
        TranslationBatch(texts.map(\.tokens), texts.map(\.target), startToken: startToken)
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
