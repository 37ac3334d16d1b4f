import Foundation
import Safetensors
import TensorFile

/// A folder between import and export: the manifest, and beside it what factorization wrote.
public struct Workspace: Sendable {
    /// The folder.
    public let path: String
    /// What import recorded.
    public let manifest: Manifest

    /// The file that makes a folder a workspace.
    static let manifestName = "manifest.json"
    /// The factors, once `factorize` has written them, and beside them the tensors that `distil` has trained.
    static let factorsName = "factors.safetensors"

    /// The manifest's path.
    public var manifestPath: String { path + "/" + Workspace.manifestName }
    /// The path of the factors.
    public var factorsPath: String { path + "/" + Workspace.factorsName }

    /// The manifest as it is stored.
    public var manifestText: String { manifest.json.text(.indented) }

    /// Whether `path` is a workspace.
    public static func isWorkspace(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path + "/" + manifestName)
    }

    /// Opens the workspace at `path`.
    public init(opening path: String) throws {
        guard Workspace.isWorkspace(path) else {
            throw TensorFileError(
                .missing,
                file: path,
                place: Workspace.manifestName,
                cause: "this is no workspace",
                remedy: "make one: seeconv import SOURCE -o \(path)"
            )
        }
        self.path = path
        manifest = try Manifest(reading: InputFile(path + "/" + Workspace.manifestName))
    }

    /// Writes the manifest of `checkpoint` into the new folder `path`, and nothing heavy.
    ///
    /// `progress` hears of bytes digested.
    public init(
        importing checkpoint: Checkpoint,
        tables: [FoundTable],
        tokenizer: String?,
        to path: String,
        replacing: Bool,
        progress: (Int) -> Void
    ) throws {
        let folder = try OutputFolder(path, replacing: replacing)
        var files: [Manifest.SourceFile] = []
        for file in checkpoint.weightFiles {
            let input = try InputFile(file)
            let digest = try FileDigest(of: input)
            progress(input.size)
            files.append(
                Manifest.SourceFile(
                    path: relativePath(of: file, from: path),
                    size: input.size,
                    digest: digest.hexadecimal
                )
            )
        }
        let manifest = Manifest(
            source: relativePath(of: checkpoint.path, from: path),
            format: checkpoint.source.format,
            files: files,
            modelType: checkpoint.configuration.modelType,
            tables: tables,
            tokenizer: tokenizer
        )
        let output = try OutputFile(folder.path + "/" + Workspace.manifestName, replacing: false)
        try output.append(Array((manifest.json.text(.indented) + "\n").utf8))
        try output.commit()
        try folder.commit()
        self.path = path
        self.manifest = manifest
    }

    /// Opens the source; its files must have the sizes that import saw (`verify` compares digests too).
    public func openSource() throws -> Checkpoint {
        for file in manifest.files {
            let found = try InputFile(resolve(file.path))
            guard found.size == file.size else {
                throw TensorFileError(
                    .mismatch,
                    file: found.path,
                    place: "size",
                    cause: "\(found.size) bytes, \(file.size) when it was imported",
                    remedy: "import the source again"
                )
            }
        }
        return try Checkpoint(opening: sourcePath)
    }

    /// The source's path, as the current folder sees it.
    public var sourcePath: String { resolve(manifest.source) }

    /// Whether factorization has run.
    public var isFactorized: Bool { FileManager.default.fileExists(atPath: factorsPath) }

    /// The factors' container.
    public func openFactors() throws -> any TensorSource { try SafetensorsFile(factorsPath) }

    /// What the factors' container says of them.
    ///
    /// - Throws: `TensorFileError` of kind `malformed` where it says nothing.
    public func factoredDescription() throws -> FactoredDescription {
        guard let description = try FactoredDescription(reading: openFactors()) else {
            throw TensorFileError(
                .malformed,
                file: factorsPath,
                place: "see",
                cause: "the description of the factors is missing",
                remedy: "factorize again"
            )
        }
        return description
    }

    /// Writes `description` as the workspace's factors, and with them the tensors that were trained, replacing older ones:
    /// one file, so that both are old or both are new, whenever the program is stopped.
    public func write(_ description: FactoredDescription, trained: [TrainedTensor] = []) throws {
        let outputs = try description.outputs(for: .safetensors) + trained.map { try $0.output() }
        let sink = try SafetensorsWriter(
            factorsPath,
            tensors: outputs.map(\.descriptor),
            metadata: [(FactoredLayout.metadataKey, description.text)],
            replacing: true
        )
        try TensorTransfer().run(outputs, into: sink) { _ in }
    }

    private func resolve(_ relative: String) -> String {
        relative.hasPrefix("/") ? relative : URL(filePath: path + "/" + relative).standardizedFileURL.path
    }
}

/// `file` as seen from the folder `base`: both may be relative to the current folder.
func relativePath(of file: String, from base: String) -> String {
    let target = URL(filePath: file).standardizedFileURL.pathComponents
    let origin = URL(filePath: base).standardizedFileURL.pathComponents
    let shared = zip(target, origin).prefix { $0 == $1 }.count
    let steps = Array(repeating: "..", count: origin.count - shared) + target[shared...]
    return steps.isEmpty ? "." : steps.joined(separator: "/")
}
