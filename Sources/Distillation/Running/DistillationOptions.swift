import Runtime
import Transformer

/// How a student is trained.
public struct DistillationOptions: Sendable, Hashable {
    /// Which of the two stages run.
    public enum Stage: String, Sendable, CaseIterable {
        /// Tables and hidden states are brought to the teacher's.
        case align = "1"
        /// Scores, or texts' vectors, are brought to the teacher's.
        case distil = "2"
        /// One after the other.
        case both
    }

    /// What trains.
    public enum Trained: String, Sendable, CaseIterable {
        /// The tables alone.
        case factors
        /// The tables, norms and biases.
        case factorsAndNorms = "factors+norms"
        /// Every weight.
        case all
    }

    /// Which stages run.
    public var stage = Stage.both
    /// What trains; nil for all in models of at most `mostForAll` numbers, for the tables alone in larger ones.
    public var trained: Trained?
    /// How often the second stage sees the data.
    public var epochs = 4.0
    /// Steps of the second stage (of the only one, where there is one), in place of epochs.
    public var steps: Int?
    /// Steps of the first of two stages; nil for a quarter of those of the second.
    public var alignmentSteps: Int?
    /// The share of the last stage's steps that follow it with the tables as they are stored, where more than tables trains.
    public var settlingShare = 0.25
    /// Tokens of a batch, of sources and targets together; nil for 4096 (translators: 1024).
    public var batchTokens: Int?
    /// Bytes that the activations of teacher and student may take together; nil for as many as a batch needs. A batch that
    /// needs more passes in parts, whose gradients add up to the same but for rounding.
    public var memory: Int?
    /// Batches of a step.
    public var accumulation = 1
    /// The highest learning rate; nil for 5e-4 (translators: 3e-4, encoders: 5e-5), or 2e-3 where tables alone train.
    public var rate: Double?
    /// What the rate of factors is multiplied by, where more than tables trains.
    public var factorRate = 4.0
    /// What the rate of a dense table is multiplied by that is coded again afterwards; 0 leaves it as it is stored; nil for 0,
    /// or 1 where tables alone train.
    public var tableRate: Double?
    /// The share of a stage's steps in which the rate rises.
    public var warmUpShare = 0.05
    /// How the rate falls.
    public var decay = LearningRateSchedule.Decay.cosine
    /// λ of AdamW.
    public var weightDecay = 0.0
    /// Gradients longer than this are scaled down to it; nil for never.
    public var clipping: Double? = 1
    /// The share of numbers that are dropped on their way through the student.
    public var dropout: Float = 0
    /// Losses of the first stage; nil for those of `LossWeights.alignment`.
    public var alignment: LossWeights?
    /// Losses of the second stage; nil for those that suit the model.
    public var distillation: LossWeights?
    /// Steps between validations; nil for a twelfth of a stage.
    public var validationSteps: Int?
    /// Validations without a better loss after which a stage ends; nil for never.
    public var patience: Int?
    /// Steps between renewals of the coded tables' errors; nil for an eighth of a stage.
    public var recodingSteps: Int?
    /// Steps between writings of the training's state.
    public var savingSteps = 100
    /// The seed of every random choice.
    public var seed: UInt64 = 1

    /// The defaults.
    public init() {}

    /// Numbers of a model of which every weight trains unless told otherwise.
    public static let mostForAll = 150_000_000

    /// The options in words that say what the result depends on.
    var text: String {
        var copy = self
        // How often the state is written changes nothing.
        copy.savingSteps = 0
        // Sets come in another order in every run.
        let states = [copy.alignment, copy.distillation].map { $0?.hiddenStates.map { $0.sorted() } }
        copy.alignment?.hiddenStates = nil
        copy.distillation?.hiddenStates = nil
        return "\(copy) \(states)"
    }

    /// What trains in `model`.
    func trained(in model: any DistillationModel) -> Trained {
        trained ?? (model.parameters.count <= Self.mostForAll ? .all : .factors)
    }

    /// Tokens of a batch for `model`.
    func batchTokens(for model: any DistillationModel) -> Int { batchTokens ?? model.usualSteps.batchTokens }

    /// The losses of the second stage for `model`.
    func weights(for model: any DistillationModel) -> LossWeights {
        distillation ?? .distillation(hasScores: model.hasScores)
    }
}

extension LossWeights {
    /// Stage 2 of a model with scores, or of one whose result is a text's vector.
    static func distillation(hasScores: Bool) -> LossWeights {
        var weights = LossWeights()
        if hasScores {
            (weights.soft, weights.hard) = (1, 0.1)
        } else {
            (weights.cosine, weights.hidden) = (1, 0.1)
        }
        return weights
    }

    /// Stage 2 of a student of `teacher`.
    public static func distillation(of teacher: RunnableModel) -> LossWeights {
        if case .encoder = teacher { return distillation(hasScores: false) }
        return distillation(hasScores: true)
    }
}
