import ArgumentParser
import Checkpoints
import TensorFile

/// `seeconv import SRC -o WORK`
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Finds a checkpoint's vocabulary tables and records them in a workspace.",
        discussion: "The workspace holds a manifest and nothing heavy: the checkpoint stays where it is."
    )

    @Argument(help: "A model directory, a .safetensors file or index, a .gguf (or split), an .npz or an .npy.")
    var source: String

    @Option(name: .shortAndLong, help: "The workspace to make.")
    var output: String

    @Option(help: ArgumentHelp("A tensor to factorize, instead of those found (may be repeated).", valueName: "name"))
    var embedding: [String] = []

    @Flag(help: "Replace an existing workspace.")
    var force = false

    @Flag(help: "Print what was found as JSON.")
    var json = false

    @OptionGroup var reading: ReadingOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        let checkpoint = try Checkpoint(opening: source, strictness: reading.strictness)
        for warning in checkpoint.source.warnings { common.note("warning: \(warning)") }
        let tables = try checkpoint.findTables(overrides: embedding)
        let tokenizer = checkpoint.tokenizer.map { kind, size in size.map { "\(kind), \($0) tokens" } ?? kind }
        let total = try checkpoint.weightFiles.reduce(0) { try $0 + InputFile($1).size }
        let bar = ProgressBar.bytes("digesting", total: total, isQuiet: common.quiet)
        var done = 0
        let workspace = try Workspace(
            importing: checkpoint,
            tables: tables,
            tokenizer: tokenizer,
            to: output,
            replacing: force
        ) { count in
            done += count
            bar.update(Double(done))
        }
        bar.finish()
        print(json ? workspace.manifestText : summary(of: tables, in: checkpoint, tokenizer: tokenizer))
    }

    private func summary(of tables: [FoundTable], in checkpoint: Checkpoint, tokenizer: String?) -> String {
        var text = TextTable([
            ("table", .left), ("what", .left), ("shape", .right), ("type", .left), ("bytes", .right), ("", .left),
            ("why", .left),
        ])
        for table in tables {
            text.add([
                table.tensor.name.escapingControls, table.role.rawValue,
                table.tensor.shape.map(Format.count).joined(separator: " × "), table.tensor.type.name,
                Format.bytes(table.tensor.byteCount), table.isChosen ? "factorize" : "keep",
                table.reason + (table.ties.isEmpty ? "" : "; tied to \(table.ties.joined(separator: ", "))"),
            ])
        }
        let all = checkpoint.source.tensors.reduce(0) { $0 + $1.byteCount }
        let chosen = tables.filter(\.isChosen).reduce(0) { $0 + $1.tensor.byteCount * (1 + $1.ties.count) }
        let share = Format.decimal(100 * Double(chosen) / Double(max(1, all)), places: 1)
        return """
            \(text.text)

            \(checkpoint.configuration.modelType ?? "unknown") model, \(Format.count(checkpoint.source.tensors.count)) \
            tensors, \(Format.bytes(all)); the tables to factorize are \(share) % of it.
            Tokenizer: \(tokenizer ?? "none found"). Workspace: \(output)
            """
    }
}
