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
            --max-error asks for the smallest form within an error instead. What comes nearest at any size is a coded \
            residual alone, the default; --order, --rank or --units put factors of that form below it, and \
            --residual none keeps nothing but factors.
            """
    )

    @Argument(help: "The workspace that import made.")
    var workspace: String

    @Option(
        help: ArgumentHelp(
            "How many times fewer bytes the tables shall take, or auto: as many as each bears before its error climbs.",
            valueName: "number|auto"
        )
    )
    var ratio: RatioArgument?

    @Option(
        help: ArgumentHelp(
            "see (the default), or a rival: \(TableMethods.all.map { type(of: $0).name }.joined(separator: ", ")).",
            valueName: "name"
        )
    )
    var method = "see"

    @Option(help: "Slots of a product, 1 to 4.")
    var order: Int?

    @Option(help: "Senses of a token.")
    var rank: Int?

    @Option(
        help: """
            How learned senses are shared out: even (each token as many), or dealt, by what they take off the weighted error \
            (default: dealt, but even where --rank is said).
            """
    )
    var ranks: Factorization.RankRule?

    @Option(help: "Units of a slot.")
    var units: Int?

    @Option(help: "Independent versions of each table.")
    var copies = 1

    @Option(name: .customLong("gain-bits"), help: "Bits of a sense's gain, 0 to 8.")
    var gainBits: Int?

    @Option(
        help: """
            Where a token's units come from: learned from its vector, lexicon (senses, morphemes, marks), morpheme, hybrid \
            (knowledge first, then learned), or a control: random, shuffled (the lexicon's codes dealt to other tokens).
            """
    )
    var codes: Factorization.Codes?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Lexicons for the codes (default: WordNet where it is installed).", valueName: "file")
    )
    var lexicon: [String] = []

    @Option(name: .customLong("factor-type"), help: "How unit tables are stored: f32, f16, bf16, q8_0 or q4_0.")
    var factorType: FactorType?

    @OptionGroup(title: "Tokens") var tokens: TokenWeightOptions

    @Option(
        help: """
            Code what the factors leave (auto), or keep nothing but factors (none). Default: auto, but none where --codes \
            is said and no form.
            """
    )
    var residual: Factorization.Residual?

    @Option(
        name: .customLong("max-error"),
        help: "The relative error that the residual layer may leave, in as few bytes as possible; in place of --ratio."
    )
    var maximumError: Double?

    @Option(
        name: .customLong("bad-rows"),
        help: """
            Rows with a NaN or infinity: refuse the table (fail), store zero rows (zero), or keep them bit for bit beside \
            the factors (skip).
            """
    )
    var badRows = BadRowPolicy.fail

    @Option(help: "The seed of every random choice.")
    var seed: UInt64 = 1

    @Option(
        name: .customLong("json"),
        help: ArgumentHelp("Write what was reached as JSON (- for stdout).", valueName: "file")
    )
    var jsonFile: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        try tokens.validate()
        guard ratio != nil || maximumError != nil || (order != nil && rank != nil && units != nil) else {
            throw ValidationError("say --ratio R or --max-error E, or --order, --rank and --units together")
        }
        if ratio != nil, maximumError != nil { throw ValidationError("say --ratio or --max-error, not both") }
        if let maximumError, !(maximumError > 0 && maximumError < 1) || effectiveResidual == .none {
            throw ValidationError("--max-error must lie between 0 and 1, and needs --residual auto")
        }
        guard method != "see" else { return }
        guard TableMethods.named(method) != nil else {
            let names = ["see"] + TableMethods.all.map { type(of: $0).name }
            throw ValidationError("there is no method \(method); known are \(names.joined(separator: ", "))")
        }
        guard ratio != nil, !hasForm, codes == nil, residual == nil else {
            throw ValidationError("--method \(method) takes --ratio and chooses its own form")
        }
    }

    private var hasForm: Bool { order != nil || rank != nil || units != nil }

    /// Codes without a form ask for factors: a residual of the whole table would leave nothing for them to say.
    private var effectiveResidual: Factorization.Residual {
        if ratio == nil, maximumError == nil { return .none }
        return residual ?? (codes != nil && !hasForm ? .none : .auto)
    }

    func run() throws {
        let factorization = Factorization(
            method: TableMethods.named(method),
            ratio: ratio?.times,
            choosesRatio: ratio == .auto,
            order: order,
            rank: rank,
            ranks: ranks,
            units: units,
            copies: copies,
            gainBits: gainBits,
            factorType: factorType,
            codes: codes ?? .learned,
            lexicons: lexicon,
            weights: tokens.weighting,
            residual: effectiveResidual,
            maximumError: maximumError,
            badRows: badRows,
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
        let json = Factorization.json(of: results).text(.indented)
        if let jsonFile, jsonFile != "-" { try OutputFile.write(json + "\n", to: jsonFile) }
        guard jsonFile != "-" else { return print(json) }
        show(results)
    }

    private func show(_ results: [Factorization.Result]) {
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
        for note in Set(results.flatMap(\.notes)).sorted() {
            // A choice made for the user is a result, not a remark.
            if results.contains(where: { $0.ratioChoice != nil && note.hasPrefix($0.entry.name + ": ratio") }) {
                print(note)
            } else {
                common.note(note)
            }
        }
        if let origin = Set(results.map(\.frequencyOrigin)).sorted().first { common.note("weights: \(origin)") }
        print(summary.text)
    }
}

/// `--ratio`: a positive number, or `auto`.
enum RatioArgument: ExpressibleByArgument, Equatable {
    case number(Double)
    case auto

    init?(argument: String) {
        if argument == "auto" {
            self = .auto
        } else if let number = Double(argument), number > 0, number.isFinite {
            self = .number(number)
        } else {
            return nil
        }
    }

    var times: Double? {
        if case .number(let number) = self { number } else { nil }
    }
}

extension BadRowPolicy: ExpressibleByArgument {}
extension Factorization.RankRule: ExpressibleByArgument {}
extension Factorization.Codes: ExpressibleByArgument {}
extension Factorization.Residual: ExpressibleByArgument {}
