import Foundation
import GGUF
import NumPy
import Safetensors
import TensorFile

extension Checkpoint {
    /// Memory for turning an array in Fortran order: small enough that a conversion stays within its 100 MiB.
    private static let fortranSlabBytes = 16 << 20

    /// Opens the container at `path` by what its first bytes say, or by its ending where they say nothing; also the files
    /// that hold its tensors.
    static func openContainer(
        _ path: String,
        strictness: Strictness,
        hints: NumPyHints = NumPyHints()
    ) throws -> (source: any TensorSource, files: [String]) {
        if path.hasSuffix(".index.json") {
            let sharded = try ShardedSafetensors(path, strictness: strictness)
            return (sharded, sharded.shards.map(\.path))
        }
        let file = try InputFile(path)
        let magic = try file.bytes(at: 0, count: min(file.size, 6))
        var options = NumPyOptions(hints: hints, strictness: strictness)
        options.slabBytes = fortranSlabBytes
        if magic.starts(with: Array("GGUF".utf8)) || path.hasSuffix(".gguf") {
            let model = try GGUFModel(path, strictness: strictness)
            return (model, model.files.map(\.path))
        }
        if path.hasSuffix(".npz") || (magic.starts(with: [0x50, 0x4B, 3, 4]) && !path.hasSuffix(".safetensors")) {
            return (try NumPyArchive(path, options: options), [path])
        }
        if path.hasSuffix(".npy") || magic == [0x93] + Array("NUMPY".utf8) {
            let name = URL(filePath: path).deletingPathExtension().lastPathComponent
            return (try NumPyArrayFile(path, name: name, options: options), [path])
        }
        return (try SafetensorsFile(path, strictness: strictness), [path])
    }
}
