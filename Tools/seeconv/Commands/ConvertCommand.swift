import ArgumentParser
import Checkpoints
import TensorFile

/// `seeconv convert IN OUT`
struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Converts between safetensors, GGUF and NumPy files, and between element types, in bounded memory.",
        discussion: """
            --dtype applies to floating-point tensors; whole numbers stay. Block types (Q4_0, Q6_K, …) apply to matrices \
            whose rows are whole blocks, and everything else then becomes F32. NaN and infinities that a type would lose \
            are refused unless --allow-nonfinite is given.
            """
    )

    @Argument(help: "A model directory or a file of any known format.")
    var input: String

    @Argument(help: "The file to write: .safetensors, .gguf, .npz or .npy.")
    var output: String

    @Option(help: "The type of floating-point tensors in the output (default: each tensor's own).")
    var dtype: ElementType?

    @Option(help: "The output's format, where its ending does not say it.")
    var format: ContainerFormat?

    @Option(name: .customLong("shard-size"), help: "The most bytes a shard holds, such as 5GB.")
    var shardSize: ByteSize?

    @Flag(name: .customLong("allow-nonfinite"), help: "Write NaN and infinities as the target type has them.")
    var allowNonFinite = false

    @Flag(help: "Replace an existing output.")
    var force = false

    @OptionGroup var reading: ReadingOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.run {
            let checkpoint = try Checkpoint(opening: input, strictness: reading.strictness)
            for warning in checkpoint.source.warnings { common.note("warning: \(warning)") }
            let target = try ContainerOutput(output, format: format, shardSize: shardSize?.bytes, isReplacing: force)
            let conversion = Conversion(of: checkpoint, to: dtype)
            let outputs = try conversion.outputs(for: target.format)
            let sink = try target.makeSink(for: outputs.map(\.descriptor), metadata: conversion.metadata())
            let total = outputs.reduce(0) { $0 + $1.descriptor.byteCount }
            let bar = ProgressBar.bytes("converting", total: total, isQuiet: common.quiet)
            var done = 0
            do {
                try TensorTransfer(nonFinite: allowNonFinite ? .allow : .refuse).run(outputs, into: sink) { count in
                    done += count
                    bar.update(Double(done))
                }
            } catch let error as TensorFileError {
                throw error.inFile(input)
            }
            bar.finish()
            print("\(output): \(outputs.count) tensors, \(Format.bytes(total))")
        }
    }
}
