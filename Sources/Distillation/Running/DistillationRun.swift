import Checkpoints
import LinearAlgebra
import Runtime
import TensorFile
import Transformer

/// How a training gets on.
public struct TrainingProgress: Sendable {
    /// What is being done: `align`, `distil`, `settle`, or `coding NAME`.
    public var phase: String
    /// Steps done.
    public var done: Int
    /// All steps.
    public var of: Int
    /// The loss, a mean over the last steps; nil before the first.
    public var loss: Double?
    /// The last loss of the held-out texts.
    public var validation: Double?
    /// Tokens that trained since the program began.
    public var tokens: Int
}

/// Trains the student of a workspace: the model with its tables in stored form learns to behave like the model as it was.
///
/// What is trained is a function of the workspace, the data, the options and the seed, whatever the number of threads, and
/// whether or not it was interrupted and went on.
public final class DistillationRun {
    private let workspace: Workspace
    private let options: DistillationOptions
    private let data: TrainingData
    private let student: Student
    private let phases: [TrainingPhase]
    private let numbers: TrainedNumbers
    private let fingerprint: TrainingFingerprint
    private let passSize: PassSize
    private let validationBatches: [[Int]]
    private var position = TrainingState.Position()
    private var best: [Float] = []
    private var optimiser: AdamW
    private var metrics: MetricsFile
    /// The tables that train now.
    private var open: [StudentTable] = []
    /// The tables as they are stored, once they do not train any more.
    private var settled: [(entry: FactoredEntry, codingError: Double)] = []
    private var batches: BatchSequence
    private var hasBegun = false
    private var tokens = 0
    private var recentLoss: Double?
    private var report: (TrainingProgress) -> Void = { _ in }

    /// The file of a workspace that holds the state of a training.
    static let stateName = "training.safetensors"
    /// The file of a workspace that holds the metrics of a training.
    static let metricsName = "training.jsonl"

    private static func statePath(_ workspace: Workspace) -> String { workspace.path + "/" + stateName }

    /// Whether `workspace` holds the state of a training that was interrupted.
    public static func isInterrupted(_ workspace: Workspace) -> Bool {
        TrainingState.exists(at: statePath(workspace))
    }

    /// Prepares the training of `workspace`, whose source's model is `teacher`; one that was interrupted goes on where
    /// `resumes` says so.
    ///
    /// - Parameters:
    ///   - data: texts in tokens of the teacher's tokenizer.
    ///   - weights: what tells how much a token's error counts where tables are coded again.
    /// - Throws: `TensorFileError`: `missing` for a workspace without factors and for an interrupted training that is not
    ///   there, `mismatch` for one that was begun in another way, `exists` for one that is there and shall not go on.
    public init(
        _ workspace: Workspace,
        teacher: RunnableModel,
        data: TrainingData,
        options: DistillationOptions,
        weights: TokenWeighting = .tokenizer,
        resumes: Bool = false,
        isReplacing: Bool = false
    ) throws {
        try TrainingState.check(Self.statePath(workspace), resumes: resumes, isReplacing: isReplacing)
        (self.workspace, self.options, self.data) = (workspace, options, data)
        let student = try Student(workspace, teacher: teacher, options, weights: weights)
        self.student = student
        let batchTokens = options.batchTokens(for: student.model)
        batches = BatchSequence(data, tokens: batchTokens)
        let perEpoch = data.batches(epoch: 0, tokens: batchTokens).count
        let accumulation = max(1, options.accumulation)
        phases = TrainingPhase.phases(
            options,
            for: student.model,
            stepsPerEpoch: max(1, (perEpoch + accumulation - 1) / accumulation),
            settles: student.tables.contains { $0.isFactored || student.trained != .factors },
            hasDenseTables: student.tables.contains(where: \.isDense)
        )
        numbers = TrainedNumbers(student.sets)
        passSize = try PassSize(
            options.memory,
            texts: data.texts,
            student: student.model,
            teacher: student.teacher,
            weights: phases.map(\.weights)
        )
        validationBatches = data.validationBatches(tokens: min(batchTokens, passSize.tokens))
        fingerprint = try TrainingFingerprint(workspace, options, data, weights)
        optimiser = AdamW([])
        if resumes {
            let state = try TrainingState(reading: Self.statePath(workspace))
            let others = fingerprint.differences(from: state.fingerprint)
            guard others.isEmpty else {
                throw TensorFileError(
                    .mismatch,
                    file: Self.statePath(workspace),
                    place: "--resume",
                    cause: "the interrupted training was begun with other \(others.joined(separator: ", "))",
                    remedy: "repeat what it was begun with, or begin again with --force"
                )
            }
            metrics = try MetricsFile(workspace.path + "/" + Self.metricsName, keepingSteps: state.position.total)
            try restore(state)
        } else {
            metrics = try MetricsFile(workspace.path + "/" + Self.metricsName, keepingSteps: nil)
        }
    }

    /// All steps of the training.
    public var stepCount: Int { phases.reduce(0) { $0 + $1.steps } }
    /// Steps that are done already.
    public var stepsDone: Int { position.total }
    /// Numbers that train.
    public var trainedCount: Int { numbers.count }

    // MARK: State

    private func state() -> TrainingState {
        TrainingState(
            fingerprint: fingerprint,
            position: position,
            values: numbers.values,
            best: best,
            optimiser: optimiser.state,
            offsets: student.tables.map(\.offset)
        )
    }

    private func restore(_ state: TrainingState) throws {
        func failure(_ place: String) -> TensorFileError {
            TensorFileError(
                .mismatch,
                file: Self.statePath(workspace),
                place: place,
                cause: "it does not fit the training, or holds a number that is not finite",
                remedy: "begin again: --force"
            )
        }
        guard phases.indices.contains(state.position.phase), state.position.step <= phases[state.position.phase].steps,
            state.offsets.count == student.tables.count, state.best.isEmpty || state.best.count == numbers.count
        else { throw failure("position") }
        for (table, offset) in zip(student.tables, state.offsets) {
            guard table.restore(offset: offset) else { throw failure("offset of \(table.name)") }
        }
        guard numbers.load(state.values) else { throw failure("values") }
        position = state.position
        try begin(phases[position.phase], resumes: true)
        guard optimiser.restore(state.optimiser) else { throw failure("moments") }
        best = state.best
    }

    // MARK: Training

    /// Trains to the end, and writes the tables and the weights that trained into the workspace; one that the training made no
    /// better stays as it was.
    public func run(progress: @escaping (TrainingProgress) -> Void) throws -> DistillationResult {
        report = progress
        defer { report = { _ in } }
        if position.firstLosses.isEmpty {
            let weights = phases[phases.count - 1].weights
            position.firstLosses = [try validationLoss(weights).total]
        }
        if !hasBegun { try begin(phases[position.phase]) }
        while position.phase < phases.count {
            let phase = phases[position.phase]
            // What a phase begins with is the first candidate: no phase ends worse than it began.
            if position.step == 0 { try validate(phase) }
            while position.step < phase.steps, options.patience.map({ position.stale < $0 }) ?? true {
                try takeStep(phase)
                if position.step.isMultiple(of: phase.recodingSteps), position.step < phase.steps {
                    try refreshTables()
                }
                if position.step.isMultiple(of: phase.validationSteps) || position.step == phase.steps {
                    try validate(phase)
                }
                if position.step.isMultiple(of: max(1, options.savingSteps)) {
                    try state().write(to: Self.statePath(workspace))
                }
            }
            try end(phase)
        }
        return try finish()
    }

    /// - Parameter resumes: whether the numbers are those of the midst of the phase.
    private func begin(_ phase: TrainingPhase, resumes: Bool = false) throws {
        hasBegun = true
        open = student.tables
        if phase.kind == .settle {
            open = student.tables.filter(\.isFactored)
            for table in open { try table.seeStored(isRounded: resumes) }
            settled = try student.tables.filter { !$0.isFactored }.map(store)
        }
        student.assignRoles(training: open)
        var adam = AdamWOptions()
        (adam.weightDecay, adam.clippingNorm) = (options.weightDecay, options.clipping)
        optimiser = AdamW(
            [student.model.parameters] + open.map(\.parameters),
            adam,
            rateFactor: student.rateFactor
        )
    }

    /// Stores a table; what is stored is what the model sees from now on.
    private func store(_ table: StudentTable) throws -> (entry: FactoredEntry, codingError: Double) {
        try table.settle { tell("coding \(table.name)", share: $0) }
    }

    private func end(_ phase: TrainingPhase) throws {
        if position.bestLoss.isFinite, !best.isEmpty { _ = numbers.load(best) }
        position.phase += 1
        (position.step, position.stale, position.bestLoss, best) = (0, 0, .infinity, [])
        if position.phase < phases.count { try begin(phases[position.phase]) }
    }

    private func refreshTables() throws {
        for table in open { try table.refresh { tell("coding \(table.name)", share: $0) } }
    }

    private func takeStep(_ phase: TrainingPhase) throws {
        let micro = (0..<max(1, options.accumulation)).flatMap { _ in passSize.passes(batches.next(&position)) }
        clearGradients()
        for table in open { table.rebuild() }
        let losses = try student.model.losses(
            of: micro,
            against: student.teacher,
            phase.weights,
            dropout: dropout(pass:),
            differentiates: true
        )
        for table in open { table.collectGradient() }
        let rate = phase.schedule.rate(atStep: position.step + 1)
        let length = try optimiser.step(rate: rate)
        position.step += 1
        position.total += 1
        let count = micro.joined().reduce(0) { $0 + $1.length }
        tokens += count
        let loss = losses.total(phase.weights)
        recentLoss = recentLoss.map { 0.95 * $0 + 0.05 * loss } ?? loss
        try metrics.append(
            TrainingRecord(
                phase: phase.kind.rawValue,
                step: position.total,
                loss: loss,
                isValidation: false,
                losses: losses.named(phase.weights),
                rate: rate,
                gradientNorm: length,
                tokens: count
            )
        )
        tell(phase.kind.rawValue)
    }

    /// Drops what the options say, by draws of the step's own.
    private func dropout(pass: Int) -> Dropout {
        guard options.dropout > 0 else { return .none }
        var random = SplitMix64(seed: options.seed &+ 0xD80B_0117, stream: position.total << 16 + pass)
        let rate = options.dropout
        return Dropout(hidden: rate, attention: rate, activation: rate, seed: random.next())
    }

    private func clearGradients() {
        for set in student.sets { set.clearGradients() }
    }

    // MARK: Validation

    private func validate(_ phase: TrainingPhase) throws {
        for table in open { table.rebuild() }
        let (total, losses) = try validationLoss(phase.weights)
        if total < position.bestLoss {
            (position.bestLoss, position.stale, best) = (total, 0, numbers.values)
        } else {
            position.stale += 1
        }
        try metrics.append(
            TrainingRecord(
                phase: phase.kind.rawValue,
                step: position.total,
                loss: total,
                isValidation: true,
                losses: losses.named(phase.weights),
                rate: 0,
                gradientNorm: 0,
                tokens: data.validation.reduce(0) { $0 + data.texts[$1].length }
            )
        )
    }

    /// The losses of the held-out texts by the model as it is.
    private func validationLoss(_ weights: LossWeights) throws -> (total: Double, losses: LossValues) {
        let losses = try student.model.losses(
            of: validationBatches.map { $0.map { data.texts[$0] } },
            against: student.teacher,
            weights,
            differentiates: false
        )
        clearGradients()
        return (losses.total(weights), losses)
    }

    // MARK: The end

    private func finish() throws -> DistillationResult {
        settled += try open.map(store)
        let weights = phases[phases.count - 1].weights
        let (after, losses) = try validationLoss(weights)
        let before = position.firstLosses.first ?? .infinity
        // Stages minimise what they are told to; a training that did no good leaves what it found.
        guard after < before else {
            TrainingState.remove(at: Self.statePath(workspace))
            return try makeResult(student.description, (before, after), losses.named(weights), isKept: false)
        }
        let trained = try student.trainedTensors()
        var description = student.description
        for (index, entry) in description.entries.enumerated() {
            if let new = settled.first(where: { $0.entry.name == entry.name }) {
                description.entries[index] = new.entry
            }
        }
        let result = try makeResult(description, (before, after), losses.named(weights), isKept: true)
        try workspace.write(description, trained: trained)
        TrainingState.remove(at: Self.statePath(workspace))
        return result
    }

    private func makeResult(
        _ description: FactoredDescription,
        _ validation: (before: Double, after: Double),
        _ losses: [(name: String, value: Double)],
        isKept: Bool
    ) throws -> DistillationResult {
        DistillationResult(
            isKept: isKept,
            tables: try description.entries.map { entry in
                DistillationResult.Table(
                    entry: entry,
                    codingError: !isKept ? nil : settled.first { $0.entry.name == entry.name }?.codingError,
                    relativeError: try relativeError(of: entry)
                )
            },
            validation: validation,
            losses: losses,
            steps: position.total,
            trained: student.trained,
            trainedCount: numbers.count,
            texts: (data.training.count, data.validation.count),
            records: metrics.records
        )
    }

    private func relativeError(of entry: FactoredEntry) throws -> Double {
        let source = try workspace.openSource()
        let teacher = try FiniteTable(TensorTable(entry.tensor, in: source.source))
        let table = try entry.table(in: workspace.factorsPath).table
        return try table.relativeErrors(
            against: teacher,
            weights: [Float](repeating: 1, count: teacher.rowCount)
        ).plain
    }

    private func tell(_ phase: String, share: Double? = nil) {
        report(
            TrainingProgress(
                phase: share.map { "\(phase), \(Int($0 * 100)) %" } ?? phase,
                done: position.total,
                of: stepCount,
                loss: recentLoss,
                validation: metrics.records.last { $0.isValidation }?.loss,
                tokens: tokens
            )
        )
    }
}
