import ArgumentParser
import Checkpoints
import Entanglement
import Foundation
import JSONText
import LinearAlgebra
import TensorFile
import Verification

/// `seeconv sweep WORK --order 2,3 --rank 1,2,4 --units 64,256`
struct SweepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Fits factors of many forms to a workspace's table: error, bytes and time of each.",
        discussion: """
            Every combination of the values is fitted, without a residual. Each row is written as soon as it is there; a \
            sweep that was interrupted, or is given more values, fits only what is missing.
            """
    )

    @Argument(help: "The workspace that import made.")
    var workspace: String

    @Option(help: "Slots of a product, with commas between.")
    var order = "2"

    @Option(help: "Senses of a token, with commas between.")
    var rank = "1,2,4"

    @Option(help: "Independent versions of each table, with commas between.")
    var copies = "1"

    @Option(help: "Units of a slot, with commas between.")
    var units = "64,256"

    @Option(
        name: .customLong("factor-dtype"),
        help: "Types of the unit tables, with commas between: f32, f16, bf16, q8_0, q4_0."
    )
    var factorTypes = "f16"

    @Option(name: .customLong("gain-bits"), help: "Bits of a sense's gain, 0 to 8.")
    var gainBits = 4

    @Option(help: "Fit a sample of so many rows, the same ones each time (default: all).")
    var rows: Int?

    @Option(help: "The table, where the workspace has several (default: its first).")
    var table: String?

    @Option(help: ArgumentHelp("Frequencies for the fits and the weighted error.", valueName: "tokenizer|uniform|FILE"))
    var weights = "tokenizer"

    @Option(help: "The seed of every random choice.")
    var seed: UInt64 = 1

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Where rows are kept, a line of JSON each (default: sweep.jsonl in the workspace).",
            valueName: "file"
        )
    )
    var output: String?

    @Option(
        name: .customLong("json"),
        help: ArgumentHelp("Write this sweep's figures as JSON (- for stdout).", valueName: "file")
    )
    var jsonFile: String?

    @Option(name: .customLong("html"), help: ArgumentHelp("Write a page with plots.", valueName: "file"))
    var htmlFile: String?

    @OptionGroup var common: CommonOptions

    private static func numbers(_ text: String, in range: ClosedRange<Int>) -> [Int]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        let numbers = parts.compactMap { $0 }.filter(range.contains)
        return numbers.isEmpty || numbers.count != parts.count ? nil : numbers
    }

    private func forms() throws -> [SweepForm] {
        func list(_ option: String, _ text: String, _ range: ClosedRange<Int>) throws -> [Int] {
            guard let numbers = Self.numbers(text, in: range) else {
                throw ValidationError(
                    "--\(option) takes numbers from \(range.lowerBound) to \(range.upperBound) with commas between"
                )
            }
            return numbers
        }
        let types = factorTypes.split(separator: ",", omittingEmptySubsequences: false).map {
            FactorType(argument: String($0))
        }
        guard !types.isEmpty, !types.contains(nil) else {
            throw ValidationError("--factor-dtype takes f32, f16, bf16, q8_0 and q4_0 with commas between")
        }
        return SweepForm.all(
            orders: try list("order", order, EntanglementShape.orders),
            ranks: try list("rank", rank, 1...SenseCodes.maximumRank),
            copies: try list("copies", copies, 1...UnitTables.maximumCopies),
            units: try list("units", units, 1...UnitTables.maximumUnits),
            factorTypes: types.compactMap { $0 }
        )
    }

    func validate() throws {
        _ = try forms()
        guard (0...8).contains(gainBits) else { throw ValidationError("--gain-bits lies between 0 and 8") }
        if let rows, rows < 1 { throw ValidationError("--rows must be at least 1") }
    }

    func run() throws {
        let sweep = try common.run { try fitAll(forms()) }
        try OutputFile.write(sweep.json, to: jsonFile)
        if let htmlFile { try OutputFile.write(sweep.html, to: htmlFile) }
        if jsonFile == "-" {
            print(sweep.json.text(.indented))
        } else {
            show(sweep)
        }
    }

    private func fitAll(_ forms: [SweepForm]) throws -> FormSweep {
        let workspace = try Workspace(opening: workspace)
        let rowsFile = output ?? workspace.path + "/sweep.jsonl"
        let earlier = try Self.rows(in: rowsFile)
        var sweep = try makeSweep(workspace, known: earlier)
        let bar = ProgressBar("sweeping", total: Double(forms.count), isQuiet: common.quiet) { _, _ in "" }
        var reused = 0
        for (done, form) in forms.enumerated() {
            bar.update(Double(done), remark: form.name)
            if try sweep.run(form) {
                // Complete after every row: what is there after an interruption is not fitted again.
                try OutputFile.write(sweep.lines(keeping: earlier), to: rowsFile)
            } else {
                reused += 1
            }
        }
        bar.finish()
        if reused > 0 { common.note("\(reused) of \(forms.count) rows taken from \(rowsFile)") }
        return sweep
    }

    private static func rows(in path: String) throws -> [SweepRow] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let file = try InputFile(path)
        let text = String(decoding: try file.bytes(at: 0, count: file.size), as: UTF8.self)
        return text.split(separator: "\n").compactMap { SweepRow(line: $0) }
    }

    private func makeSweep(_ workspace: Workspace, known: [SweepRow]) throws -> FormSweep {
        let found = try workspace.chosenTable(named: table)
        let source = try workspace.openSource()
        var matrix = try TensorTable(found.tensor, in: source.source).finiteMatrix(file: source.path)
        let frequencies = try workspace.frequencies(FrequencySource(named: weights), rowCount: matrix.rows)
        var (reported, fitted) = (frequencies.weights(exponent: 1), frequencies.weights())
        if let rows, rows < matrix.rows {
            var random = SplitMix64(seed: 0, stream: 11)
            var sample = Array(0..<matrix.rows)
            random.shuffle(&sample)
            sample = sample.prefix(rows).sorted()
            matrix = Matrix(rows: rows, columns: matrix.columns, elements: sample.flatMap { matrix.row($0) })
            (reported, fitted) = (sample.map { reported[$0] }, sample.map { fitted[$0] })
        }
        let digest = workspace.manifest.files.map { $0.digest.prefix(12) }.joined(separator: "+")
        return FormSweep(
            source: "\(found.name) of \(digest), weights \(weights)",
            table: matrix,
            weights: reported,
            fitWeights: fitted,
            gainBits: gainBits,
            seed: seed,
            known: known
        )
    }

    private func show(_ sweep: FormSweep) {
        var text = TextTable([
            ("order", .right), ("rank", .right), ("copies", .right), ("units", .right), ("type", .left),
            ("bytes", .right),
            ("ratio to F32", .right), ("relative error", .right), ("weighted", .right), ("seconds", .right),
            ("", .left),
        ])
        let front = Set(sweep.front.map(\.form))
        for row in sweep.rows {
            let form = row.form
            text.add([
                String(form.order), String(form.rank), String(form.copies), String(form.units),
                form.factorType.rawValue.lowercased(), Format.bytes(row.bytes),
                Format.decimal(row.byteRatioFloat32, places: 2), Format.decimal(row.relativeError, places: 4),
                Format.decimal(row.weightedRelativeError, places: 4), Format.decimal(row.seconds, places: 1),
                front.contains(form) ? "front" : "",
            ])
        }
        print(text.text)
        for failure in sweep.failures { print("\(failure.form.name): \(failure.cause)") }
    }
}
