import Checkpoints
import Foundation
import JSONText
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
    /// Where the tokenizer is.
    private let tokenizerPath: String

    /// Opens a model directory, a GGUF file, a workspace, a factored checkpoint of either, or a `.bin` file of llama2.c.
    /// Weights are mapped and used in place; factored tables take the form `tables`.
    public init(opening path: String, tables: TableForm = .automatic) throws {
        self.path = path
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        if exists, !isDirectory.boolValue, path.hasSuffix(".bin") {
            let file = try Llama2CFile(path)
            let weights = WeightSource(path: path, source: file)
            let loading = DecoderLoading(
                weights,
                family: try Self.llama(),
                configuration: file.configuration,
                names: Llama2CFile.names,
                pairing: .neighbours
            )
            (family, decoder, endTokens, tokenizerPath) = ("llama", try loading.model(), [], path)
            return
        }
        let opened = try OpenedModel(opening: path, tables: tables)
        tokenizerPath = opened.companionPath
        let loading = try DecoderLoading(opened.weights, opened.configuration)
        family = loading.family.name
        decoder = try loading.model()
        endTokens = loading.configuration.endTokens + Self.generationEndTokens(beside: tokenizerPath)
    }

    private static func llama() throws(TensorFileError) -> DecoderArchitecture {
        guard let family = DecoderArchitecture.named("llama") else {
            throw TensorFileError(.unsupported, place: "model type", cause: "no llama here", remedy: "report this")
        }
        return family
    }

    /// The ends that a `generation_config.json` adds to those of the configuration.
    private static func generationEndTokens(beside path: String) -> [Int] {
        guard let input = try? InputFile(path + "/generation_config.json"), input.size <= 1 << 20,
            let bytes = try? input.bytes(at: 0, count: input.size), let json = try? JSONValue(parsing: bytes),
            let ends = json["eos_token_id"]
        else { return [] }
        return ends.int.map { [$0] } ?? ends.elements?.compactMap(\.int) ?? []
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
