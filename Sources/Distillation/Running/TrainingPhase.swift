import Transformer

/// A part of a training with an optimiser, a schedule and losses of its own.
struct TrainingPhase: Sendable {
    /// What happens.
    enum Kind: String, Sendable {
        /// The first stage.
        case align
        /// The second stage.
        case distil
        /// Tables are stored, or their gains rounded, and what still trains gets used to that.
        case settle
    }

    let kind: Kind
    let steps: Int
    let schedule: LearningRateSchedule
    let weights: LossWeights
    /// Steps between validations.
    let validationSteps: Int
    /// Steps between renewals of the coded tables' errors.
    let recodingSteps: Int

    /// The phases of a training.
    ///
    /// - Parameters:
    ///   - stepsPerEpoch: steps in which the data is seen once.
    ///   - settles: whether there is something to store before the end, and something that can get used to it.
    ///   - hasDenseTables: whether a table's dense numbers train. Such tables begin at the teacher's, and a loss that takes
    ///     them there would only take away the error that the rest of the model shall get used to.
    static func phases(
        _ options: DistillationOptions,
        for model: any DistillationModel,
        stepsPerEpoch: Int,
        settles: Bool,
        hasDenseTables: Bool
    ) -> [TrainingPhase] {
        let steps = options.steps ?? max(1, Int((options.epochs * Double(stepsPerEpoch)).rounded()))
        let trained = options.trained(in: model)
        let peak = options.rate ?? (trained == .factors ? 2e-3 : model.usualSteps.rate)
        func phase(_ kind: Kind, _ steps: Int, _ weights: LossWeights, peak: Double) -> TrainingPhase {
            TrainingPhase(
                kind: kind,
                steps: steps,
                schedule: LearningRateSchedule(
                    peak: peak,
                    warmUp: Int((Double(steps) * options.warmUpShare).rounded()),
                    steps: steps,
                    decay: options.decay,
                    lastShare: 0.02
                ),
                weights: weights,
                validationSteps: options.validationSteps ?? max(1, steps / 12),
                recodingSteps: options.recodingSteps ?? max(1, steps / 8)
            )
        }
        var alignment = options.alignment ?? .alignment
        if options.alignment == nil, hasDenseTables { alignment.embedding = 0 }
        let distillation = options.weights(for: model)
        var phases: [TrainingPhase] = []
        switch options.stage {
        case .align: phases = [phase(.align, steps, alignment, peak: peak)]
        case .distil: phases = [phase(.distil, steps, distillation, peak: peak)]
        case .both:
            let first = options.alignmentSteps ?? max(1, steps / 4)
            phases = [phase(.align, first, alignment, peak: peak), phase(.distil, steps, distillation, peak: peak)]
        }
        let last = phases[phases.count - 1]
        let settling = Int((Double(last.steps) * options.settlingShare).rounded())
        if settles, settling > 0 { phases.append(phase(.settle, settling, last.weights, peak: peak / 2)) }
        return phases
    }
}
