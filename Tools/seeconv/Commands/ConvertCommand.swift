import ArgumentParser
import Checkpoints
import NumPy
import TensorFile

/// `seeconv convert IN OUT`
struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Converts between safetensors, GGUF and NumPy files, and between element types, in bounded memory.",
        discussion: """
            --dtype applies to floating-point tensors; whole numbers stay. Block types (Q4_0, Q6_K, …) apply to matrices; \
            where rows are no whole blocks, the next type that fits takes over, as in llama.cpp, and a line says so. In GGUF \
            vectors (norms, biases) are F32. NaN and infinities that a type would lose are refused, with the names of all \
            tensors that have them, unless --allow-nonfinite is given. Memory stays under 100 MiB whatever the size, but for \
            compressed arrays in Fortran order, which are held whole.
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

    @Option(help: "How .npz members are packed: stored, deflate or zstd, with a level where wanted (zstd:9).")
    var compression: NumPyCompression?

    @Flag(name: .customLong("allow-nonfinite"), help: "Write NaN and infinities as the target type has them.")
    var allowNonFinite = false

    @Flag(help: "Replace an existing output.")
    var force = false

    @OptionGroup var numpy: NumPyTypeOptions
    @OptionGroup var reading: ReadingOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        let ending = ContainerFormat(rawValue: output.split(separator: ".").last.map { $0.lowercased() } ?? "")
        let isArchive = (format ?? ending) == .npz
        if compression != nil, !isArchive { throw ValidationError("--compression is for .npz outputs.") }
        if shardSize != nil, isArchive || (format ?? ending) == .npy {
            throw ValidationError("--shard-size is for safetensors and GGUF outputs: NumPy has no shards.")
        }
    }

    func run() throws {
        try common.run {
            let checkpoint = try Checkpoint(opening: input, strictness: reading.strictness, hints: numpy.hints)
            for warning in checkpoint.source.warnings { common.note("warning: \(warning)") }
            var target = try ContainerOutput(output, format: format, shardSize: shardSize?.bytes, isReplacing: force)
            target.compression = compression ?? .stored
            let conversion = Conversion(of: checkpoint, to: dtype)
            let outputs = try conversion.outputs(for: target.format)
            for remark in conversion.substitutions(in: outputs) { common.note("note: \(remark)") }
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

extension NumPyCompression: ExpressibleByArgument {
    /// `stored`, `deflate`, `zstd`, or one of the latter two with a level.
    public init?(argument: String) {
        let parts = argument.lowercased().split(separator: ":", omittingEmptySubsequences: false)
        let level = parts.count == 2 ? Int(parts[1]) : nil
        guard parts.count == 1 || level != nil, let name = parts.first, parts.count <= 2 else { return nil }
        switch name {
        case "stored" where level == nil: self = .stored
        case "deflate" where (1...9).contains(level ?? 6): self = .deflate(level: level ?? 6)
        case "zstd" where (1...19).contains(level ?? 3): self = .zstd(level: level ?? 3)
        default: return nil
        }
    }
}
