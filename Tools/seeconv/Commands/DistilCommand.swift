import ArgumentParser
import Checkpoints
import Distillation
import Runtime
import TensorFile
import Transformer

/// `seeconv distil WORK [--text FILE…] [--parallel SRC TGT] [--from-teacher N]`
struct DistilCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "distil",
        abstract: "Trains a factorized workspace to behave like the model that it was made from.",
        discussion: """
            Stage 1 brings tables and hidden states to the teacher's; stage 2 its scores (or, of encoders, its vectors). \
            Tables keep their bytes: factors are rounded again, coded tables are coded again where they train, and the \
            rest of the model gets used to what is stored. The result stands in the workspace, where export, verify and \
            the runtime read it; factorize begins anew. The state is written now and then: --resume goes on after any \
            interruption, to the same bits. Metrics: training.jsonl in the workspace.
            """,
        aliases: ["distill"]
    )

    @Argument(help: "The workspace, factorized.")
    var workspace: String

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Texts, or .jsonl files with a member text; an encoder takes lines, a translator too (the teacher translates).",
            valueName: "file"
        )
    )
    var text: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("For translators: sentences and their translations, two files.", valueName: "file")
    )
    var parallel: [String] = []

    @Option(
        name: .customLong("from-teacher"),
        help: ArgumentHelp("For decoders: so many texts that the teacher writes itself.", valueName: "texts")
    )
    var fromTeacher: Int?

    @Option(help: "1 (align), 2 (distil) or both.")
    var stage = DistillationOptions.Stage.both

    @Flag(help: "Go on with the training that was interrupted; data and options must be the same.")
    var resume = false

    @Flag(help: "Begin again where the state of an interrupted training is there.")
    var force = false

    @Option(
        name: .customLong("train"),
        help: "factors (tables alone), factors+norms, or all (default up to 150 M numbers; factors above)."
    )
    var trained: DistillationOptions.Trained?

    @OptionGroup(title: "Data") var data: TrainingDataOptions
    @OptionGroup(title: "Steps") var steps: TrainingStepOptions
    @OptionGroup(title: "Losses") var losses: LossOptions

    @OptionGroup(title: "Tokens, where a table is coded again") var tokens: TokenWeightOptions

    @Option(help: "The seed of every random choice.")
    var seed: UInt64 = 1

    @Option(
        name: .customLong("json"),
        help: ArgumentHelp("Write what was reached as JSON (- for stdout).", valueName: "file")
    )
    var jsonFile: String?

    @Option(
        name: .customLong("html"),
        help: ArgumentHelp("Write a page with the loss curves.", valueName: "file")
    )
    var htmlFile: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard !sources.isEmpty || !parallel.isEmpty else {
            throw ValidationError("Give --text, --parallel or --from-teacher.")
        }
        guard parallel.isEmpty || parallel.count == 2 else {
            throw ValidationError("--parallel needs two files: SRC TGT.")
        }
        guard fromTeacher ?? 2 >= 2 else { throw ValidationError("--from-teacher must be at least 2.") }
        if resume, force { throw ValidationError("Say --resume or --force, not both.") }
        try tokens.validate()
        try data.validate()
        try steps.validate()
        try losses.validate()
    }

    private var sources: [TrainingSource] {
        let pairs: [TrainingSource] = parallel.count == 2 ? [.parallel(source: parallel[0], target: parallel[1])] : []
        return pairs + text.map { .text($0) } + (fromTeacher.map { [.teacher($0)] } ?? [])
    }

    func run() throws {
        let result = try common.run { try train() }
        let json = result.json.text(.indented)
        if let htmlFile { try OutputFile.write(result.html(of: workspace), to: htmlFile) }
        if let jsonFile, jsonFile != "-" { try OutputFile.write(json + "\n", to: jsonFile) }
        guard jsonFile != "-" else { return print(json) }
        show(result)
    }

    private func train() throws -> DistillationResult {
        let opened = try Workspace(opening: workspace)
        let teacher = try RunnableModel(opening: opened.sourcePath, tables: .dense)
        var reader = try TrainingTextReader(teacher, tokenizer: data.tokenizer, window: data.window, seed: seed)
        let isQuiet = common.quiet
        let reading = SharedProgressBar("reading", isQuiet: isQuiet)
        reader.progress = { done, total in reading.update(done, of: total) }
        let texts = try reader.texts(of: sources)
        reading.finish()
        for note in texts.notes { common.note(note) }
        let trainingData = try TrainingData(
            texts.texts,
            heldOut: data.validation,
            seed: seed,
            name: sources.map(\.name).joined(separator: ", ")
        )

        var options = DistillationOptions()
        (options.stage, options.trained, options.seed) = (stage, trained, seed)
        steps.apply(to: &options)
        losses.apply(to: &options, of: teacher)
        let training = try DistillationRun(
            opened,
            teacher: teacher,
            data: trainingData,
            options: options,
            weights: tokens.weighting,
            resumes: resume,
            isReplacing: force
        )
        if resume { common.note("going on after step \(training.stepsDone) of \(training.stepCount)") }
        common.note(
            "\(Format.count(trainingData.training.count)) texts of \(Format.count(trainingData.trainingTokens)) tokens train, "
                + "\(Format.count(trainingData.validation.count)) are held out; \(Format.count(training.trainedCount)) numbers "
                + "in \(Format.count(training.stepCount)) steps"
        )
        let first = training.stepsDone
        let bar = ProgressBar("training", total: Double(training.stepCount - first), isQuiet: isQuiet) { done, _ in
            "step \(first + Int(done)) of \(training.stepCount)"
        }
        let start = ContinuousClock.now
        let result = try training.run { progress in
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let loss = progress.loss.map { ", loss \(Format.significant($0))" } ?? ""
            let held = progress.validation.map { ", held out \(Format.significant($0))" } ?? ""
            let rate = Format.count(Int(Double(progress.tokens) / max(seconds, 1e-9)))
            bar.update(Double(progress.done - first), remark: "\(progress.phase)\(loss)\(held), \(rate) tokens/s")
        }
        bar.finish()
        return result
    }

    private func show(_ result: DistillationResult) {
        var summary = TextTable([
            ("table", .left), ("bytes", .right), ("byte ratio", .right), ("ratio to F32", .right),
            ("error of storing", .right), ("relative error", .right),
        ])
        for table in result.tables {
            summary.add([
                table.entry.name, Format.bytes(table.entry.byteCount),
                Format.decimal(table.entry.byteRatio, places: 2),
                Format.decimal(table.entry.byteRatioFloat32, places: 2),
                table.codingError.map(Format.significant) ?? "as before",
                Format.decimal(table.relativeError, places: 4),
            ])
        }
        print(summary.text)
        let losses = result.losses.map { "\($0.name) \(Format.significant($0.value))" }.joined(separator: ", ")
        print(
            "held-out loss \(Format.significant(result.validation.before)) before, "
                + "\(Format.significant(result.validation.after)) after \(Format.count(result.steps)) steps (\(losses))"
        )
        if !result.isKept { print("the training made nothing better: \(workspace) is as it was") }
    }
}

extension DistillationOptions.Stage: ExpressibleByArgument {}
extension DistillationOptions.Trained: ExpressibleByArgument {}
extension LearningRateSchedule.Decay: ExpressibleByArgument {}
