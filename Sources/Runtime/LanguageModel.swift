import Checkpoints
import Foundation
import TensorFile
import Tokenizers
import Transformer

/// A decoder that is ready to run, with what its files say beside the weights.
public struct LanguageModel: Sendable {
    /// The path that was opened.
    public let path: String
    /// The family's name.
    public let family: String
    /// The model.
    public let decoder: DecoderModel
    /// Tokens that end a text, by the configuration.
    public let endTokens: [Int]
    /// The names of the tensors, for training.
    let names: DecoderTensorNames
    /// Whether the head is the embedding.
    let isTied: Bool
    /// Where the tokenizer is.
    private let tokenizerPath: String

    /// Opens a model directory, a GGUF file, a workspace, a factored checkpoint of either, or a `.bin` file of llama2.c.
    /// Weights are mapped and used in place; factored tables take the form `tables`.
    public init(opening path: String, tables: TableForm = .automatic) throws {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        if exists, !isDirectory.boolValue, path.hasSuffix(".bin") {
            try self.init(llama2C: path)
            return
        }
        try self.init(OpenedModel(opening: path, tables: tables))
    }

    /// The decoder in a `.bin` file of llama2.c.
    private init(llama2C path: String) throws {
        let file = try Llama2CFile(path)
        let loading = DecoderLoading(
            WeightSource(path: path, source: file),
            family: .llama,
            configuration: file.configuration,
            names: Llama2CFile.names,
            pairing: .neighbours
        )
        self.path = path
        (family, decoder, endTokens, tokenizerPath) = (loading.family.name, try loading.model(), [], path)
        (names, isTied) = (loading.names, loading.isTied)
    }

    /// The decoder in `opened`.
    init(_ opened: OpenedModel) throws {
        path = opened.path
        tokenizerPath = opened.companionPath
        let loading = try DecoderLoading(opened.weights, opened.configuration)
        family = loading.family.name
        decoder = try loading.model()
        (names, isTied) = (loading.names, loading.isTied)
        endTokens = loading.configuration.endTokens + (try Self.generationEndTokens(of: opened))
    }

    /// The ends that a `generation_config.json` adds to those of the configuration.
    private static func generationEndTokens(of opened: OpenedModel) throws -> [Int] {
        guard let reader = try opened.companionReader("generation_config.json") else { return [] }
        return try reader.optionalTokens("eos_token_id", in: 0...Int(Int32.max)) ?? []
    }

    /// The tokenizer at `other`, or the model's own; one whose tokens do not fit the tables is refused.
    public func tokenizer(at other: String? = nil) throws -> any Tokenizer {
        let place = other ?? tokenizerPath
        if other == nil, place.hasSuffix(".bin") {
            throw TokenizerError(
                file: place,
                place: "tokenizer",
                cause: "this file holds no vocabulary",
                remedy: "name one with --tokenizer"
            )
        }
        return try OpenedModel.tokenizer(at: place, rows: decoder.embedding.tokenCount)
    }
}
