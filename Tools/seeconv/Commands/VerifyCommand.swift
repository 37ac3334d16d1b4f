import ArgumentParser
import Checkpoints
import JSONText
import TensorFile
import Verification

/// `seeconv verify REFERENCE CANDIDATE`
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compares a compressed checkpoint or workspace with its reference, and holds it to gates.",
        discussion: "Exit code 1 when a gate does not hold; every failing gate is printed with its figure and bound."
    )

    @Argument(help: "The original checkpoint.")
    var reference: String

    @Argument(help: "A checkpoint (dense or factored) or a workspace.")
    var candidate: String

    @Option(name: .customLong("min-ratio"), help: "The least compression ratio of the tables together.")
    var minimumRatio: Double?

    @Option(name: .customLong("ratio-kind"), help: "Which ratio --min-ratio means: byte, parameter or checkpoint.")
    var ratioKind: VerificationGates.RatioKind = .byte

    @Option(name: .customLong("max-error"), help: "The highest relative (Frobenius) error of any table.")
    var maximumError: Double?

    @Option(name: .customLong("min-cosine"), help: "The lowest mean cosine of any table.")
    var minimumCosine: Double?

    @Option(
        name: .customLong("json"),
        help: ArgumentHelp("Write the report as JSON (- for standard output).", valueName: "file")
    )
    var jsonFile: String?

    @Option(name: .customLong("html"), help: ArgumentHelp("Write the report as a page with plots.", valueName: "file"))
    var htmlFile: String?

    @Option(name: .customLong("junit"), help: ArgumentHelp("Write the gates as a JUnit file.", valueName: "file"))
    var junitFile: String?

    @OptionGroup var reading: ReadingOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        let gates = VerificationGates(
            minimumRatio: minimumRatio,
            ratioKind: ratioKind,
            maximumError: maximumError,
            minimumCosine: minimumCosine
        )
        let bar = ProgressBar("comparing", total: 1, isQuiet: common.quiet) { _, _ in "" }
        let report = try common.run {
            try VerificationReport(
                reference: reference,
                candidate: candidate,
                gates: gates,
                strictness: reading.strictness
            ) { bar.update($0) }
        }
        bar.finish()
        if let htmlFile { try write(report.html, to: htmlFile) }
        if let junitFile { try write(report.junit, to: junitFile) }
        if let jsonFile, jsonFile != "-" { try write(report.json.text(.indented) + "\n", to: jsonFile) }
        print(jsonFile == "-" ? report.json.text(.indented) : report.summary)
        let failed = report.gates.filter { !$0.isPassed }
        if !failed.isEmpty {
            throw GateFailure(description: failed.map { "gate failed: \($0)" }.joined(separator: "\n"))
        }
    }

    private func write(_ text: String, to path: String) throws {
        let file = try OutputFile(path, replacing: true)
        try file.append(Array(text.utf8))
        try file.commit()
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
        let remarks = findings.map { "\nfinding: \($0)" }.joined()
        let kept = gates.filter(\.isPassed).map { "\ngate kept: \($0)" }.joined()
        return text.text + size + remarks + kept
    }
}
