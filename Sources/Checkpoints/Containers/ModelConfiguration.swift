import GGUF
import JSONText
import TensorFile

/// The few facts of a model's configuration that import needs; the rest is carried along unread.
public struct ModelConfiguration: Sendable {
    /// `model_type` of `config.json`, or `general.architecture` of a GGUF file.
    public var modelType: String?
    /// Rows of the vocabulary tables, where stated.
    public var vocabularySize: Int?
    /// Columns of the vocabulary tables, where stated.
    public var width: Int?
    /// Whether input embedding and head are one table, where stated.
    public var tiesEmbeddings: Bool?
    /// The whole `config.json`, where there is one.
    public var json: JSONValue?

    /// A configuration of which nothing is known.
    public init() {}

    /// Reads a Hugging Face `config.json`.
    public init(huggingFace json: JSONValue) {
        // Models of several parts keep the language model's own facts one level down.
        let text = json["text_config"] ?? json
        func int(_ keys: String...) -> Int? { keys.lazy.compactMap { text[$0]?.int ?? json[$0]?.int }.first }
        modelType = json["model_type"]?.string
        vocabularySize = int("vocab_size")
        width = int("hidden_size", "d_model", "n_embd", "dim")
        tiesEmbeddings = json["tie_word_embeddings"]?.bool ?? text["tie_word_embeddings"]?.bool
        self.json = json
    }

    /// Reads the keys of a GGUF file; a `config.json` that this program stored with the export comes first.
    public init(gguf metadata: GGUFMetadata) {
        if let text = metadata[ContainerMetadata.configurationKey]?.text,
            let json = try? JSONValue(parsing: Array(text.utf8))
        {
            self.init(huggingFace: json)
            return
        }
        self.init()
        modelType = metadata[.architecture]?.text
        guard let architecture = modelType else { return }
        func int(_ key: GGUFModelKey) -> Int? { metadata[key.name(for: architecture)]?.integer }
        vocabularySize = int(.vocabularySize) ?? metadata[.tokens]?.array?.count
        width = int(.embeddingLength)
    }

    /// The family, where it is a known one.
    public var architecture: Architecture? { modelType.flatMap(Architecture.named) }
}
