import ArgumentParser
import Checkpoints
import Entanglement
import TensorFile

/// `seeconv factorize WORK`
struct FactorizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "factorize",
        abstract: "Replaces a workspace's vocabulary tables with entangled factors.",
        discussion: """
            --ratio fills a byte budget: everything that is needed to rebuild a table takes at most 1/R of its bytes. \
            --order, --rank and --units fix the form instead.
            """
    )

    @Argument(help: "The workspace that import made.")
    var workspace: String

    @Option(help: "How many times fewer bytes the tables shall take.")
    var ratio: Double?

    @Option(help: "Slots of a product, 1 to 4.")
    var order: Int?

    @Option(help: "Senses of a token.")
    var rank: Int?

    @Option(help: "Units of a slot.")
    var units: Int?

    @Option(help: "Independent versions of each table.")
    var copies = 1

    @Option(name: .customLong("gain-bits"), help: "Bits of a sense's gain, 0 to 8.")
    var gainBits: Int?

    @Option(help: "Where a token's units come from: learned from its vector, or random (the control).")
    var codes: Factorization.Codes = .learned

    @Option(name: .customLong("factor-type"), help: "How unit tables are stored: f32, f16, bf16, q8_0 or q4_0.")
    var factorType: FactorType?

    @Option(
        help: ArgumentHelp(
            "How much a token's error counts: tokenizer (what its scores or ranks say of frequencies), uniform, or a text.",
            valueName: "tokenizer|uniform|FILE"
        )
    )
    var weights = "tokenizer"

    @Option(help: "The seed of every random choice.")
    var seed: UInt64 = 1

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard ratio != nil || (order != nil && rank != nil && units != nil) else {
            throw ValidationError("say --ratio R, or --order, --rank and --units together")
        }
        if let ratio, !(ratio > 0 && ratio.isFinite) { throw ValidationError("--ratio must be a positive number") }
    }

    func run() throws {
        let factorization = Factorization(
            ratio: ratio,
            order: order,
            rank: rank,
            units: units,
            copies: copies,
            gainBits: gainBits,
            factorType: factorType,
            codes: codes,
            weights: FrequencySource(named: weights),
            seed: seed
        )
        let bar = ProgressBar("fitting", total: 1, isQuiet: common.quiet) { _, _ in "" }
        let results = try common.run {
            try factorization.run(on: Workspace(opening: workspace)) { name, progress in
                let error = Format.decimal(progress.weightedRelativeError, places: 4)
                bar.update(progress.fraction, remark: "\(name): \(progress.step), error \(error)")
            }
        }
        bar.finish()
        var summary = TextTable([
            ("table", .left), ("form", .left), ("bytes", .right), ("byte ratio", .right), ("ratio to F32", .right),
            ("relative error", .right), ("weighted", .right),
        ])
        for result in results {
            summary.add([
                result.entry.name, result.form, Format.bytes(result.entry.byteCount),
                Format.decimal(result.entry.byteRatio, places: 2),
                Format.decimal(result.entry.byteRatioFloat32, places: 2),
                Format.decimal(result.relativeError, places: 4),
                Format.decimal(result.weightedRelativeError, places: 4),
            ])
        }
        if let origin = Set(results.map(\.frequencyOrigin)).sorted().first { common.note("weights: \(origin)") }
        print(summary.text)
    }
}

extension Factorization.Codes: ExpressibleByArgument {}
