import Checkpoints
import Foundation
import JSONText
import TensorFile
import Tokenizers

/// The weights of a model, what its files say of it, and where the files beside the weights are: a model directory, a
/// GGUF file, a workspace, or a factored checkpoint of either.
struct OpenedModel {
    /// The path that was opened.
    let path: String
    /// The tensors.
    let weights: WeightSource
    /// What the configuration says.
    let configuration: ModelConfiguration
    /// The folder or file that the tokenizer and other small files go with.
    let companionPath: String

    /// Opens what is at `path`. Weights are mapped and used in place; factored tables take the form `tables`.
    init(opening path: String, tables: TableForm) throws {
        self.path = path
        if Workspace.isWorkspace(path) {
            let workspace = try Workspace(opening: path)
            let source = try workspace.openTrained()
            let factors = try workspace.isFactorized ? FactoredDescription(reading: workspace.openFactors()) : nil
            weights = WeightSource(
                path: path,
                source: source.source,
                description: factors,
                factorsPath: workspace.factorsPath,
                tableForm: tables
            )
            (configuration, companionPath) = (source.configuration, workspace.sourcePath)
        } else {
            let checkpoint = try Checkpoint(opening: path)
            let factors = try FactoredDescription(reading: checkpoint.source)
            weights = WeightSource(
                path: path,
                source: checkpoint.source,
                description: factors,
                tableForm: tables
            )
            (configuration, companionPath) = (checkpoint.configuration, path)
        }
    }

    /// The family that the configuration names, by `named` among those of the model types `known`; `kind` is what they are.
    func family<Family>(
        _ kind: String,
        known: [String],
        named: (String) -> Family?
    ) throws(TensorFileError) -> Family {
        let type = configuration.modelType
        if let family = type.flatMap(named) { return family }
        throw TensorFileError(
            type == nil ? .missing : .unsupported,
            file: path,
            place: "model type",
            cause: type.map { "\"\($0)\" is no \(kind) that this program runs" }
                ?? "nothing says what kind of model this is",
            remedy: "known are \(known.joined(separator: ", "))"
        )
    }

    /// The object in the JSON file `name` beside the weights; nil where there is no such file.
    ///
    /// - Throws: `TensorFileError` for files above 1 MiB and for what is no JSON.
    func companion(_ name: String) throws -> JSONValue? {
        let path = companionPath + "/" + name
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let input = try InputFile(path)
        func failure(_ place: String, _ cause: String) -> TensorFileError {
            TensorFileError(.malformed, file: path, place: place, cause: cause, remedy: "repair the file or remove it")
        }
        guard input.size <= 1 << 20 else { throw failure("file", "\(input.size) bytes are no configuration") }
        do {
            return try JSONValue(parsing: input.bytes(at: 0, count: input.size))
        } catch let error as JSONError {
            throw failure("byte \(error.offset)", error.cause)
        }
    }

    /// A reader of the JSON file `name` beside the weights; nil where there is no such file.
    func companionReader(_ name: String) throws -> ConfigurationReader? {
        try companion(name).map { ConfigurationReader(json: $0, file: companionPath + "/" + name) }
    }

    /// The tokenizer at `other`, or the model's own; one whose tokens do not fit a table of `rows` rows is refused.
    func tokenizer(at other: String?, rows: Int) throws -> any Tokenizer {
        try Self.tokenizer(at: other ?? companionPath, rows: rows)
    }

    /// The tokenizer at `place`, a file, a folder, or weights beside which it lies; one whose tokens do not fit a table
    /// of `rows` rows is refused.
    static func tokenizer(at place: String, rows: Int) throws -> any Tokenizer {
        let isWeights = [".safetensors", ".safetensors.index.json", ".npz"].contains(where: place.hasSuffix)
        let tokenizer = try TokenizerLoading.tokenizer(
            at: isWeights ? URL(filePath: place).deletingLastPathComponent().path : place
        )
        guard tokenizer.vocabulary.count <= rows else {
            throw TensorFileError(
                .mismatch,
                file: place,
                place: "vocabulary",
                cause: "\(tokenizer.vocabulary.count) tokens, the model's table has \(rows) rows",
                remedy: "the tokenizer belongs to another model; name the right one"
            )
        }
        return tokenizer
    }
}
