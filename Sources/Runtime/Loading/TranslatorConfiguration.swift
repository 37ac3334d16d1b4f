import JSONText
import TensorFile
import Transformer

/// What a configuration says of an encoder–decoder translator, checked by itself; the tensors have not been looked at.
struct TranslatorConfiguration {
    /// Rows of the reading half's table.
    var vocabularySize: Int
    /// Rows of the writing half's table.
    var targetVocabularySize: Int
    /// Whether both halves share one embedding.
    var sharesEmbedding: Bool
    /// Whether the head is the writing half's embedding.
    var tiesHead: Bool
    var encoder: EncoderShape
    var decoder: EncoderShape
    var activation: Activation
    /// Whether embeddings are multiplied by √width.
    var scalesEmbedding: Bool
    /// ε of the norms, which Marian's configurations do not state.
    let normEpsilon: Float = 1e-5

    /// Reads a Hugging Face `config.json`; keys and defaults are those of the transformers library.
    init(huggingFace json: JSONValue, family: TranslatorArchitecture, file: String) throws(TensorFileError) {
        let reader = ConfigurationReader(json: json, model: file)
        vocabularySize = try reader.integer("vocab_size", in: 1...1 << 24)
        targetVocabularySize = try reader.integer("decoder_vocab_size", in: 1...1 << 24, default: vocabularySize)
        sharesEmbedding = json["share_encoder_decoder_embeddings"]?.bool ?? true
        tiesHead = json["tie_word_embeddings"]?.bool ?? true
        func half(_ name: String) throws(TensorFileError) -> EncoderShape {
            try reader.encoderShape(
                width: "d_model",
                layers: "\(name)_layers",
                heads: "\(name)_attention_heads",
                inner: "\(name)_ffn_dim",
                context: "max_position_embeddings"
            )
        }
        encoder = try half("encoder")
        decoder = try half("decoder")
        activation = try reader.activation("activation_function", default: "gelu")
        scalesEmbedding = json["scale_embedding"]?.bool ?? false
        for key in ["normalize_before", "normalize_embedding", "add_final_layer_norm"]
        where json[key]?.bool ?? false {
            throw reader.failure(key, "\(family.name) models with it are not computed here", .unsupported)
        }
        guard !sharesEmbedding || targetVocabularySize == vocabularySize else {
            throw reader.failure(
                "decoder_vocab_size",
                "\(targetVocabularySize) tokens share a table of \(vocabularySize)"
            )
        }
    }
}

extension TranslationOptions {
    /// Keys of generation that change a search and are not followed here, with the values that change nothing.
    private static let unsupported: [(key: String, neutral: Double)] = [
        ("repetition_penalty", 1), ("encoder_repetition_penalty", 1), ("no_repeat_ngram_size", 0),
        ("encoder_no_repeat_ngram_size", 0), ("min_length", 0), ("num_beam_groups", 1), ("diversity_penalty", 0),
    ]

    /// Reads how transformers would translate: `reader` has `generation_config.json`, or, without one, `config.json`; what
    /// it does not say is taken from `base`, which has `config.json`.
    init(
        generation reader: ConfigurationReader,
        configuration base: ConfigurationReader,
        vocabularySize: Int,
        contextLength: Int
    ) throws(TensorFileError) {
        let ids = 0...max(0, vocabularySize - 1)
        let baseEnds = try base.optionalTokens("eos_token_id", in: ids)
        guard let ends = try reader.optionalTokens("eos_token_id", in: ids) ?? baseEnds else {
            throw base.failure("eos_token_id", "the key is missing", .missing)
        }
        let padding = try base.optionalInteger("pad_token_id", in: ids)
        let start = try base.optionalInteger("decoder_start_token_id", in: ids) ?? padding
        guard let start = try reader.optionalInteger("decoder_start_token_id", in: ids) ?? start else {
            throw base.failure("decoder_start_token_id", "the key is missing", .missing)
        }
        let longest = try reader.optionalInteger("max_length", in: 1...1 << 24) ?? contextLength
        let added = try reader.optionalInteger("max_new_tokens", in: 1...1 << 24)
        self.init(
            startToken: start,
            endTokens: ends,
            maximumLength: min(added.map { $0 + 1 } ?? longest, contextLength)
        )
        beams = try reader.integer("num_beams", in: 1...1024, default: 1)
        lengthPenalty = Float(try reader.number("length_penalty", default: 1))
        switch reader.json["early_stopping"] {
        case nil, .null?, .bool(false)?: earlyStopping = .heuristic
        case .bool(true)?: earlyStopping = .whenFinished
        case .string("never")?: earlyStopping = .never
        default: throw reader.failure("early_stopping", "neither true, false nor \"never\"")
        }
        forcedEndTokens = try reader.optionalTokens("forced_eos_token_id", in: ids) ?? []
        forcedFirstToken = try reader.optionalTokens("forced_bos_token_id", in: ids)?.first
        renormalises = reader.json["renormalize_logits"]?.bool ?? false
        if let words = reader.json["bad_words_ids"], words != .null {
            let lists = words.elements?.map { $0.elements?.compactMap(\.int) ?? [] } ?? []
            guard !lists.isEmpty, lists.allSatisfy({ !$0.isEmpty && $0.allSatisfy(ids.contains) }) else {
                throw reader.failure("bad_words_ids", "not a list of lists of tokens")
            }
            forbidden = lists
        }
        for (key, neutral) in Self.unsupported {
            guard try reader.number(key, default: neutral) == neutral else {
                throw reader.failure(key, "searches with it are not made here", .unsupported)
            }
        }
        for key in ["do_sample", "suppress_tokens", "begin_suppress_tokens", "sequence_bias", "constraints"] {
            if let value = reader.json[key], value != .null, value != .bool(false), value.elements?.isEmpty != true {
                throw reader.failure(key, "searches with it are not made here", .unsupported)
            }
        }
    }
}
