import ArgumentParser
import Checkpoints
import Entanglement
import JSONText
import LinearAlgebra
import TensorFile
import Verification

/// `seeconv compare WORK --ratios 10,20,40,80`
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Puts every method side by side on a workspace's table, at the same byte budgets, with the bound.",
        discussion: """
            Each method gets the setting that serves it best within the budget; GGUF block types that fit the rows stand \
            beside them at their own ratios. Tokens count alike in every fit; the weighted error counts them by frequency.
            """
    )

    @Argument(help: "The workspace that import made.")
    var workspace: String

    @Option(help: "Byte ratios, with commas between.")
    var ratios = "10,20,40,80"

    @Option(
        help:
            "Methods, with commas between (default: all): see, factors, svd, pq, rq, morphte, word2ket, word2ketxs, tt."
    )
    var methods: String?

    @Option(help: "The table, where the workspace has several (default: its first).")
    var table: String?

    @Option(
        help: ArgumentHelp("Frequencies for the weighted error.", valueName: "tokenizer|uniform|FILE")
    )
    var weights = "tokenizer"

    @Option(help: "The seed of every random choice.")
    var seed: UInt64 = 1

    @Option(
        name: .customLong("json"),
        help: ArgumentHelp("Write the figures as JSON (- for stdout).", valueName: "file")
    )
    var jsonFile: String?

    @Option(name: .customLong("html"), help: ArgumentHelp("Write a page with plots.", valueName: "file"))
    var htmlFile: String?

    @OptionGroup var common: CommonOptions

    private var targets: [Double] {
        ratios.split(separator: ",").compactMap { Double($0) }.filter { $0 > 0 && $0.isFinite }
    }

    func validate() throws {
        guard !targets.isEmpty, targets.count == ratios.split(separator: ",").count else {
            throw ValidationError("--ratios takes positive numbers with commas between, such as 10,20,40,80")
        }
        for name in names where ComparedMethod.named(name).isEmpty {
            let known = ComparedMethod.all.map(\.name)
            throw ValidationError("there is no method \(name); known are \(known.joined(separator: ", "))")
        }
    }

    private var names: [String] { methods?.split(separator: ",").map(String.init) ?? [] }

    func run() throws {
        let chosen = names.isEmpty ? ComparedMethod.all : names.flatMap(ComparedMethod.named)
        let comparison = try common.run { try compare(chosen) }
        try OutputFile.write(comparison.json, to: jsonFile)
        if let htmlFile { try OutputFile.write(comparison.html, to: htmlFile) }
        if jsonFile == "-" {
            print(comparison.json.text(.indented))
        } else {
            show(comparison)
        }
    }

    private func compare(_ methods: [ComparedMethod]) throws -> MethodComparison {
        let workspace = try Workspace(opening: workspace)
        let found = try workspace.chosenTable(named: table)
        let source = try workspace.openSource()
        let matrix = try TensorTable(found.tensor, in: source.source).finiteMatrix(file: source.path)
        let frequencies = try workspace.frequencies(FrequencySource(named: weights), rowCount: matrix.rows)
        var comparison = try MethodComparison(
            tableName: found.name,
            table: matrix,
            sourceBytes: found.tensor.byteCount,
            probabilities: frequencies.probabilities,
            ratios: targets
        )
        let bar = ProgressBar(
            "comparing",
            total: Double(targets.count * methods.count),
            isQuiet: common.quiet
        ) { _, _ in "" }
        var done = 0.0
        for ratio in targets {
            for method in methods {
                bar.update(done, remark: "\(method.name) at \(Format.decimal(ratio, places: 0))")
                try comparison.run(method, ratio: ratio, seed: seed)
                done += 1
            }
        }
        if self.methods == nil { for type in ElementType.allCases { try comparison.run(blockType: type) } }
        bar.finish()
        return comparison
    }

    private func show(_ comparison: MethodComparison) {
        var text = TextTable([
            ("method", .left), ("codes", .left), ("asked for", .right), ("byte ratio", .right),
            ("ratio to F32", .right),
            ("relative error", .right), ("weighted", .right), ("seconds", .right),
        ])
        for row in comparison.rows {
            text.add([
                row.method, row.codes, row.targetRatio.map { Format.decimal($0, places: 0) } ?? "its own",
                Format.decimal(row.byteRatio, places: 2), Format.decimal(row.byteRatioFloat32, places: 2),
                Format.decimal(row.relativeError, places: 4), Format.decimal(row.weightedRelativeError, places: 4),
                Format.decimal(row.seconds, places: 1),
            ])
        }
        print(text.text)
        for point in comparison.bound {
            let ratio = Format.decimal(point.byteRatioFloat32, places: 0)
            print("Gaussian bound at \(ratio): \(Format.decimal(point.relativeError, places: 4))")
        }
        for failure in comparison.failures {
            print("\(failure.method) at \(Format.decimal(failure.targetRatio, places: 0)): \(failure.cause)")
        }
    }
}
