import Foundation
import GGUF
import JSONText
import NumPy
import Safetensors
import TensorFile

/// A model on disk as one thing: its tensors, its configuration and the files that go with it.
public struct Checkpoint: Sendable {
    /// How the model is laid out.
    public enum Layout: String, Sendable {
        /// A Hugging Face directory with `config.json` and weights.
        case directory
        /// A single file, sharded index or split, without configuration beside it.
        case file
    }

    /// The path that was opened.
    public let path: String
    /// Directory or bare file.
    public let layout: Layout
    /// The tensors.
    public let source: any TensorSource
    /// What the configuration says.
    public let configuration: ModelConfiguration
    /// Files of the weights themselves, to be digested and never copied.
    public let weightFiles: [String]

    /// Opens a model directory, a safetensors file or index, a GGUF file or split, an .npz or an .npy file.
    ///
    /// `hints` says what NumPy's nameless types stand for.
    public init(opening path: String, strictness: Strictness = .strict, hints: NumPyHints = NumPyHints()) throws {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw TensorFileError(
                .missing,
                file: path,
                place: "opening",
                cause: "no such file or folder",
                remedy: "check the path"
            )
        }
        self.path = path
        layout = isDirectory.boolValue ? .directory : .file
        let weights = isDirectory.boolValue ? try Checkpoint.weights(in: path) : path
        let opened = try Checkpoint.openContainer(weights, strictness: strictness, hints: hints)
        source = opened.source
        weightFiles = opened.files
        configuration = try Checkpoint.configuration(beside: isDirectory.boolValue ? path : nil, source: opened.source)
    }

    private init(_ other: Checkpoint, source: any TensorSource) {
        (path, layout, configuration) = (other.path, other.layout, other.configuration)
        (weightFiles, self.source) = (other.weightFiles, source)
    }

    /// The same checkpoint with its tensors from `source`.
    func replacing(_ source: any TensorSource) -> Checkpoint { Checkpoint(self, source: source) }

    /// The weights of a model directory: an index, or the only file of a known format.
    private static func weights(in folder: String) throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        let preferences: [(String) -> Bool] = [
            { $0 == "model.safetensors.index.json" }, { $0.hasSuffix(".safetensors.index.json") },
            { $0 == "model.safetensors" }, { $0.hasSuffix(".safetensors") }, { $0.hasSuffix(".gguf") },
            { $0.hasSuffix(".npz") },
        ]
        for isPreferred in preferences {
            let found = names.filter(isPreferred)
            guard let first = found.first else { continue }
            let isSplit = first.hasSuffix(".gguf") && first.contains("-00001-of-")
            guard found.count == 1 || isSplit else {
                throw TensorFileError(
                    .mismatch,
                    file: folder,
                    place: "weights",
                    cause: "several files to choose from: \(found.joined(separator: ", "))",
                    remedy: "name the file, or add the index that joins them"
                )
            }
            return folder + "/" + first
        }
        let hint =
            names.contains { $0.hasSuffix(".bin") || $0.hasSuffix(".pt") || $0.hasSuffix(".pth") }
            ? "save the pickle-based weights as safetensors first (pickles run code and are not read)"
            : "name a folder with .safetensors, .gguf or .npz weights"
        throw TensorFileError(
            .missing,
            file: folder,
            place: "weights",
            cause: "no weights of a known format",
            remedy: hint
        )
    }

    private static func configuration(beside folder: String?, source: any TensorSource) throws -> ModelConfiguration {
        if let model = source as? GGUFModel { return ModelConfiguration(gguf: model.metadata) }
        guard let path = folder.map({ $0 + "/config.json" }), FileManager.default.fileExists(atPath: path) else {
            return ModelConfiguration()
        }
        let file = try InputFile(path)
        guard file.size <= 16 << 20 else {
            throw TensorFileError(
                .limit,
                file: path,
                place: "config.json",
                cause: "\(file.size) bytes, more than 16 MiB",
                remedy: "this is no model configuration"
            )
        }
        do {
            return ModelConfiguration(huggingFace: try JSONValue(parsing: file.bytes(at: 0, count: file.size)))
        } catch let error as JSONError {
            throw TensorFileError(
                .malformed,
                file: path,
                place: "byte \(error.offset)",
                cause: error.cause,
                remedy: "repair the configuration"
            )
        }
    }
}
