import ArgumentParser
import Distillation
import Runtime
import Transformer

/// Options of `distil` about its data.
struct TrainingDataOptions: ParsableArguments {
    @Option(help: "Tokens of a decoder's text (default: 256, at most its context).")
    var window: Int?

    @Option(help: "The share of texts that are held out for validation; one at least, 512 at most.")
    var validation = 0.05

    @Option(help: "The tokenizer's file or folder, where the model has none.")
    var tokenizer: String?

    func validate() throws {
        guard window ?? 2 >= 2 else { throw ValidationError("--window must be at least 2.") }
        guard validation >= 0, validation < 1 else { throw ValidationError("--validation must lie in 0 to 1.") }
    }
}

/// Options of `distil` about its steps.
struct TrainingStepOptions: ParsableArguments {
    @Option(help: "How often stage 2 (or the only stage) sees the data.")
    var epochs = 4.0

    @Option(help: "Steps of stage 2 (or of the only stage), in place of --epochs.")
    var steps: Int?

    @Option(name: .customLong("align-steps"), help: "Steps of stage 1 before stage 2 (default: a quarter of its).")
    var alignmentSteps: Int?

    @Option(
        name: .customLong("settle"),
        help: "The share of the last stage's steps that follow with the tables as they are stored."
    )
    var settlingShare = 0.25

    @Option(name: .customLong("batch-tokens"), help: "Tokens of a batch (default: 4096, of translators 1024).")
    var batchTokens: Int?

    @Option(
        help: ArgumentHelp(
            "What activations may take, such as 2GB; larger batches pass in parts (default: what a batch needs).",
            valueName: "bytes"
        )
    )
    var memory: ByteSize?

    @Option(help: "Batches of a step.")
    var accumulate = 1

    @Option(
        help:
            "The highest learning rate (default: 5e-4, of translators 3e-4, of encoders 5e-5; 2e-3 where tables alone train)."
    )
    var rate: Double?

    @Option(name: .customLong("factor-rate"), help: "What the rate of factors is multiplied by beside other weights.")
    var factorRate = 4.0

    @Option(
        name: .customLong("table-rate"),
        help: """
            What the rate of a table is multiplied by that is coded again (with a residual, or in a rival's form); 0 keeps it \
            as it is stored (default: 0, or 1 where tables alone train).
            """
    )
    var tableRate: Double?

    @Option(name: .customLong("warm-up"), help: "The share of a stage in which the rate rises.")
    var warmUp = 0.05

    @Option(help: "How the rate falls: constant, linear, cosine or inverse-sqrt.")
    var schedule = LearningRateSchedule.Decay.cosine

    @Option(name: .customLong("weight-decay"), help: "The decoupled weight decay of AdamW.")
    var weightDecay = 0.0

    @Option(help: "Gradients longer than this are scaled down to it; 0 for never.")
    var clip = 1.0

    @Option(help: "The share of numbers that are dropped on their way through the student.")
    var dropout: Float = 0

    @Option(name: .customLong("validate-every"), help: "Steps between validations (default: a twelfth of a stage).")
    var validationSteps: Int?

    @Option(help: "Validations without a better loss after which a stage ends (default: never).")
    var patience: Int?

    @Option(
        name: .customLong("recode-every"),
        help: "Steps between renewals of the errors of tables that are coded again (default: an eighth of a stage)."
    )
    var recodingSteps: Int?

    @Option(name: .customLong("save-every"), help: "Steps between writings of the training's state.")
    var savingSteps = 100

    func validate() throws {
        func check(_ holds: Bool, _ message: String) throws {
            guard holds else { throw ValidationError(message) }
        }
        try check(epochs > 0 && epochs <= 1e6, "--epochs must be greater than 0.")
        for (name, count) in [
            ("steps", steps), ("align-steps", alignmentSteps), ("validate-every", validationSteps),
            ("patience", patience),
            ("recode-every", recodingSteps), ("save-every", savingSteps), ("accumulate", accumulate),
            ("batch-tokens", batchTokens),
        ] {
            try check((1...1_000_000_000).contains(count ?? 1), "--\(name) must be at least 1.")
        }
        try check((0...4).contains(settlingShare), "--settle must lie in 0 to 4.")
        for (name, rate) in [("rate", rate), ("factor-rate", factorRate), ("table-rate", tableRate)] {
            try check((0...1e3).contains(rate ?? 0), "--\(name) must be a number of at least 0.")
        }
        try check((0...1).contains(warmUp), "--warm-up must lie in 0 to 1.")
        try check((0...1e3).contains(weightDecay), "--weight-decay must be a number of at least 0.")
        try check((0...1e9).contains(clip), "--clip must be a number of at least 0.")
        try check(dropout >= 0 && dropout < 1, "--dropout must lie in 0 to 1.")
    }

    func apply(to options: inout DistillationOptions) {
        (options.epochs, options.steps, options.alignmentSteps) = (epochs, steps, alignmentSteps)
        (options.settlingShare, options.batchTokens, options.accumulation) = (settlingShare, batchTokens, accumulate)
        options.memory = memory?.bytes
        (options.rate, options.factorRate, options.tableRate) = (rate, factorRate, tableRate)
        (options.warmUpShare, options.decay, options.weightDecay) = (warmUp, schedule, weightDecay)
        (options.clipping, options.dropout) = (clip == 0 ? nil : clip, dropout)
        (options.validationSteps, options.patience) = (validationSteps, patience)
        (options.recodingSteps, options.savingSteps) = (recodingSteps, savingSteps)
    }
}

/// Options of `distil` about its losses.
struct LossOptions: ParsableArguments {
    @Option(name: .customLong("embedding-weight"), help: "Stage 1: mean squared difference of the tables (default: 1).")
    var embedding: Float?

    @Option(name: .customLong("hidden-weight"), help: "Stage 1: mean squared difference of hidden states (default: 1).")
    var hidden: Float?

    @Option(
        name: .customLong("layers"),
        help: "Which hidden states count, such as 0,3,6; 0 is what layer 1 reads (default: all)."
    )
    var layers: String?

    @Option(name: .customLong("soft-weight"), help: "Stage 2: τ² KL(teacher ‖ student) of the scores (default: 1).")
    var soft: Float?

    @Option(help: "Stage 2: τ.")
    var temperature: Float = 1

    @Option(name: .customLong("hard-weight"), help: "Stage 2: cross-entropy with the text (default: 0.1).")
    var hard: Float?

    @Option(help: "Stage 2: label smoothing of the cross-entropy.")
    var smoothing: Float = 0

    @Option(name: .customLong("cosine-weight"), help: "Stage 2, encoders: 1 − cosine of texts' vectors (default: 1).")
    var cosine: Float?

    @Option(
        name: .customLong("pooled-weight"),
        help: "Stage 2, encoders: mean squared difference of texts' vectors (default: 0)."
    )
    var pooled: Float?

    @Option(
        name: .customLong("stage2-hidden-weight"),
        help: "Stage 2: mean squared difference of hidden states (default: 0, of encoders 0.1)."
    )
    var secondHidden: Float?

    func validate() throws {
        for (name, weight) in [
            ("embedding-weight", embedding), ("hidden-weight", hidden), ("soft-weight", soft), ("hard-weight", hard),
            ("cosine-weight", cosine), ("pooled-weight", pooled), ("stage2-hidden-weight", secondHidden),
        ] {
            guard (0...1e6).contains(weight ?? 0) else {
                throw ValidationError("--\(name) must be a number of at least 0.")
            }
        }
        guard (1e-3...1e3).contains(temperature) else { throw ValidationError("--temperature must be greater than 0.") }
        guard smoothing >= 0, smoothing < 1 else { throw ValidationError("--smoothing must lie in 0 to 1.") }
        guard layers == nil || states != nil else {
            throw ValidationError("--layers takes numbers, such as 0,3,6.")
        }
    }

    private var states: Set<Int>? {
        guard let layers else { return nil }
        let parts = layers.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0) }.filter { $0 >= 0 }
        return numbers.count == parts.count ? Set(numbers) : nil
    }

    /// Sets the losses of both stages for a student of `teacher`.
    func apply(to options: inout DistillationOptions, of teacher: RunnableModel) {
        if embedding != nil || hidden != nil || states != nil {
            var weights = LossWeights.alignment
            weights.embedding = embedding ?? weights.embedding
            weights.hidden = hidden ?? weights.hidden
            weights.hiddenStates = states
            options.alignment = weights
        }
        var weights = LossWeights.distillation(of: teacher)
        weights.soft = soft ?? weights.soft
        weights.hard = hard ?? weights.hard
        (weights.temperature, weights.smoothing) = (temperature, smoothing)
        weights.cosine = cosine ?? weights.cosine
        weights.pooled = pooled ?? weights.pooled
        weights.hidden = secondHidden ?? weights.hidden
        weights.hiddenStates = states
        options.distillation = weights
    }
}
