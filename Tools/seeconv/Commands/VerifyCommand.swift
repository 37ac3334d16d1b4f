import ArgumentParser
import Checkpoints
import JSONText
import Synchronization
import TensorFile
import Verification

/// `seeconv verify REFERENCE CANDIDATE [--text FILE]`, `seeconv verify --structure CHECKPOINT`
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compares a compressed checkpoint or workspace with its reference, and holds it to gates.",
        discussion: """
            Exit code 1 when a gate does not hold; every failing gate is printed with its figure and bound.

            With --text, both models also run side by side on a text: hidden-state error by layer; of decoders and \
            translators KL(reference ‖ candidate) in nats, how often the likeliest token is the same, and perplexities; of \
            sentence encoders the cosines of the vectors of the text's lines.

            With --structure, one checkpoint is looked at for what its format does not show: bytes that belong to no tensor, \
            padding that is not zero, damaged members, NaN and infinite values and block scales. Exit code 1 when any is found; \
            notes (what other programs stumble over) do not count. --json adds a SHA-256 of every tensor.
            """
    )

    @Argument(help: "The original checkpoint.")
    var reference: String

    @Argument(help: "A checkpoint (dense or factored) or a workspace.")
    var candidate: String?

    @Flag(help: "Look for hidden data and broken values in one checkpoint instead of comparing two.")
    var structure = false

    @Flag(help: "With --structure: print a SHA-256 of every tensor.")
    var checksums = false

    @Option(name: .customLong("min-ratio"), help: "The least compression ratio of the tables together.")
    var minimumRatio: Double?

    @Option(name: .customLong("ratio-kind"), help: "Which ratio --min-ratio means: byte, parameter or checkpoint.")
    var ratioKind: VerificationGates.RatioKind = .byte

    @Option(name: .customLong("max-error"), help: "The highest relative (Frobenius) error of any table.")
    var maximumError: Double?

    @Option(name: .customLong("min-cosine"), help: "The lowest mean cosine of any table.")
    var minimumCosine: Double?

    @OptionGroup(title: "On a text") var texts: TextOptions

    @Option(
        name: .customLong("json"),
        help: ArgumentHelp("Write the report as JSON (- for standard output).", valueName: "file")
    )
    var jsonFile: String?

    @Option(name: .customLong("html"), help: ArgumentHelp("Write the report as a page with plots.", valueName: "file"))
    var htmlFile: String?

    @Option(name: .customLong("junit"), help: ArgumentHelp("Write the gates as a JUnit file.", valueName: "file"))
    var junitFile: String?

    @OptionGroup var numpy: NumPyTypeOptions
    @OptionGroup var reading: ReadingOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if structure, candidate != nil {
            throw ValidationError("--structure looks at one checkpoint: leave the second one out.")
        }
        if structure,
            minimumRatio != nil || maximumError != nil || minimumCosine != nil || htmlFile != nil || junitFile != nil
        {
            throw ValidationError("gates, --html and --junit belong to a comparison, not to --structure.")
        }
        if structure, texts.isUsed {
            throw ValidationError("--text and its options belong to a comparison, not to --structure.")
        }
        if !structure, candidate == nil {
            throw ValidationError("Name the checkpoint to compare with, or say --structure to look at one alone.")
        }
        if checksums, !structure { throw ValidationError("--checksums belongs to --structure.") }
    }

    func run() throws {
        guard let candidate else { return try verifyStructure() }
        let gates = VerificationGates(
            minimumRatio: minimumRatio,
            ratioKind: ratioKind,
            maximumError: maximumError,
            minimumCosine: minimumCosine
        )
        // Before the tables, which may take long.
        let text = try texts.text
        let bar = ProgressBar("comparing", total: 1, isQuiet: common.quiet) { _, _ in "" }
        var report = try common.run {
            try VerificationReport(
                reference: reference,
                candidate: candidate,
                gates: gates,
                strictness: reading.strictness,
                tablesAreOptional: text != nil
            ) { bar.update($0) }
        }
        bar.finish()
        if let text { try common.run { try compare(on: text, &report) } }
        if let htmlFile { try OutputFile.write(report.html, to: htmlFile) }
        if let junitFile { try OutputFile.write(report.junit, to: junitFile) }
        try OutputFile.write(report.json, to: jsonFile)
        print(jsonFile == "-" ? report.json.text(.indented) : report.summary)
        try hold(report)
    }

    private func compare(on text: VerificationText, _ report: inout VerificationReport) throws {
        let pair = try ModelPair(reference: report.reference, candidate: report.candidate, tables: texts.tables)
        let bar = ProgressBar("running both models", total: 1, isQuiet: common.quiet) { _, _ in "" }
        defer { bar.finish() }
        try report.compare(pair, on: text, gates: texts.gates) { bar.update($0) }
    }

    private func verifyStructure() throws {
        let path = reference
        let report = try common.run {
            let total = try Checkpoint(opening: path, strictness: .lenient, hints: numpy.hints)
                .source.tensors.reduce(0) { $0 &+ $1.byteCount }
            let bar = Mutex((bar: ProgressBar.bytes("reading", total: total, isQuiet: common.quiet), done: 0))
            defer { bar.withLock { $0.bar.finish() } }
            return try StructureReport(of: path, hints: numpy.hints) { count in
                bar.withLock {
                    $0.done += count
                    $0.bar.update(Double($0.done))
                }
            }
        }
        try OutputFile.write(report.json, to: jsonFile)
        print(jsonFile == "-" ? report.json.text(.indented) : report.summary(listsChecksums: checksums))
        let found = report.findings.filter { $0.severity == .warning }
        if !found.isEmpty {
            throw GateFailure(description: found.map { "gate failed: structure: \($0)" }.joined(separator: "\n"))
        }
    }

    private func hold(_ report: VerificationReport) throws {
        let failed = report.gates.filter { !$0.isPassed }
        if !failed.isEmpty {
            throw GateFailure(description: failed.map { "gate failed: \($0)" }.joined(separator: "\n"))
        }
    }
}

extension VerificationReport {
    /// The report as a table for the terminal.
    fileprivate var summary: String {
        var text = TextTable([
            ("table", .left), ("bytes", .right), ("byte ratio", .right), ("ratio to F32", .right),
            ("relative error", .right), ("weighted", .right), ("mean cosine", .right), ("1 % cosine", .right),
            ("neighbours kept", .right),
        ])
        for table in tables {
            text.add([
                table.name, Format.bytes(table.candidateBytes), Format.decimal(table.byteRatio, places: 2),
                Format.decimal(table.byteRatioFloat32, places: 2), Format.decimal(table.relativeError, places: 4),
                Format.decimal(table.weightedRelativeError, places: 4), Format.decimal(table.meanCosine, places: 4),
                Format.decimal(table.p01Cosine, places: 4),
                "\(Format.decimal(100 * table.neighboursKept, places: 1)) %",
            ])
        }
        let size = checkpointRatio.map { "\nWhole checkpoint: \(Format.decimal($0, places: 3)) times smaller." } ?? ""
        // Every weight of a trained model is a finding.
        let shown = 6
        let more = findings.count > shown ? "\n\(findings.count - shown) more findings: --json lists them" : ""
        let remarks = findings.prefix(shown).map { "\nfinding: \($0)" }.joined() + more
        let kept = gates.filter(\.isPassed).map { "\ngate kept: \($0)" }.joined()
        let lines = [tables.isEmpty ? "" : text.text + size, self.text?.summary ?? ""].filter { !$0.isEmpty }
        return lines.joined(separator: "\n") + remarks + kept
    }
}

extension StructureReport {
    /// The report for the terminal.
    fileprivate func summary(listsChecksums: Bool) -> String {
        let sums = tensors.map { "\($0.digest?.hexadecimal ?? "damaged")  \($0.descriptor.name.escapingControls)" }
        let notes = findings.filter { $0.severity == .note }.map { "note: \($0)" }
        let problems = findings.count - notes.count
        let verdict = problems == 0 ? "nothing hidden or broken" : "\(problems) findings"
        let bytes = tensors.reduce(0) { $0 &+ $1.descriptor.byteCount }
        let line =
            "\(path.escapingControls): \(format.rawValue), \(Format.count(tensors.count)) tensors, \(Format.bytes(bytes)): \(verdict)"
        return ((listsChecksums ? sums : []) + notes + [line]).joined(separator: "\n")
    }
}
