import ArgumentParser
import Checkpoints
import Foundation
import TensorFile

/// `seeconv export WORK -o OUT`
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract:
            "Writes a factorized workspace as a checkpoint: with factors, or with dense tables rebuilt from them.",
        discussion: "A model directory stays one: same configuration, same tokenizer files."
    )

    @Argument(help: "The workspace.")
    var workspace: String

    @Option(name: .shortAndLong, help: "The checkpoint to write: a folder for a model directory, or a file.")
    var output: String

    @Option(help: "safetensors, gguf or npz (default: by the output's ending, or the source's format).")
    var format: ContainerFormat?

    @Flag(help: "Dense tables, as any program reads them, or factors (default).")
    var form: FormFlag = .factored

    @Option(help: "The type of floating-point tensors in the output (default: each tensor's own).")
    var dtype: ElementType?

    @Option(name: .customLong("shard-size"), help: "The most bytes a shard holds, such as 5GB.")
    var shardSize: ByteSize?

    @Flag(help: "Replace an existing output.")
    var force = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.run {
            let export = try Export(Workspace(opening: workspace))
            let ending = ContainerFormat(rawValue: URL(filePath: output).pathExtension.lowercased())
            let container = format ?? ending ?? (export.sourceFormat == .npy ? .npz : export.sourceFormat)
            let sizes = try export.outputs(form.value, container: container, type: dtype).map(\.descriptor.byteCount)
            let total = sizes.reduce(0, +)
            let bar = ProgressBar.bytes("writing", total: total, isQuiet: common.quiet)
            var done = 0
            let progress = { (count: Int) in
                done += count
                bar.update(Double(done))
            }
            if export.isDirectory, container == .safetensors, ending == nil {
                try export.writeDirectory(
                    form.value,
                    to: output,
                    type: dtype,
                    shardSize: shardSize?.bytes,
                    isReplacing: force,
                    progress: progress
                )
            } else {
                let target = try ContainerOutput(
                    output,
                    format: container,
                    shardSize: shardSize?.bytes,
                    isReplacing: force
                )
                try export.writeFile(form.value, to: target, type: dtype, progress: progress)
            }
            bar.finish()
            print("\(output): \(form.rawValue), \(container.rawValue), \(Format.bytes(total)) of tensors")
        }
    }
}

/// `--dense` or `--factored`.
enum FormFlag: String, EnumerableFlag {
    case factored, dense

    var value: Export.Form { self == .factored ? .factored : .dense }
}
