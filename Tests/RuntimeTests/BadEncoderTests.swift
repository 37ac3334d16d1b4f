import Foundation
import JSONText
import TensorFile
import TestSupport
import Testing
import Transformer

@testable import Runtime

/// Encoders and translators whose files contradict each other: a clear error each, never a trap.
@Suite struct BadEncoderTests {
    /// A change to a sound file, and what the error must speak of.
    struct Bad: CustomTestStringConvertible, Sendable {
        var model = "bert-golden"
        var file = "config.json"
        let key: String
        let value: JSONValue?
        let words: [String]
        var testDescription: String { "\(file), \(key) = \(value?.text() ?? "absent")" }
    }

    static let encoders = [
        Bad(key: "model_type", value: "deberta", words: ["deberta", "bert"]),
        Bad(key: "model_type", value: nil, words: ["what kind"]),
        Bad(key: "vocab_size", value: 60, words: ["word_embeddings", "61", "60"]),
        Bad(key: "vocab_size", value: "many", words: ["vocab_size"]),
        Bad(key: "hidden_size", value: nil, words: ["hidden_size", "missing"]),
        Bad(key: "hidden_size", value: 25, words: ["hidden_size", "multiple"]),
        Bad(key: "hidden_size", value: 27, words: ["word_embeddings", "[61, 27]"]),
        Bad(key: "num_attention_heads", value: 0, words: ["num_attention_heads"]),
        Bad(key: "num_hidden_layers", value: 3, words: ["layer.2", "none"]),
        Bad(key: "num_hidden_layers", value: 1, words: ["layer.1", "no such tensor"]),
        Bad(key: "num_hidden_layers", value: 1_000_000, words: ["num_hidden_layers"]),
        Bad(key: "intermediate_size", value: 41, words: ["intermediate.dense"]),
        Bad(key: "intermediate_size", value: 4_611_686_018_427_387_904, words: ["intermediate_size"]),
        Bad(key: "max_position_embeddings", value: 17, words: ["position_embeddings", "17"]),
        Bad(key: "type_vocab_size", value: 3, words: ["token_type_embeddings"]),
        Bad(key: "hidden_act", value: "mish", words: ["mish", "gelu"]),
        Bad(key: "layer_norm_eps", value: -1, words: ["layer_norm_eps"]),
        Bad(key: "position_embedding_type", value: "relative_key", words: ["relative_key", "absolute"]),
        Bad(key: "is_decoder", value: true, words: ["is_decoder"]),
    ]

    static let translators = [
        Bad(key: "vocab_size", value: 54, words: ["vocab"]), Bad(key: "d_model", value: 25, words: ["d_model"]),
        Bad(key: "encoder_layers", value: 3, words: ["encoder.layers.2"]),
        Bad(key: "decoder_layers", value: 1, words: ["decoder.layers.1"]),
        Bad(key: "decoder_ffn_dim", value: 37, words: ["decoder.layers.0.fc1"]),
        Bad(key: "activation_function", value: "mish", words: ["mish"]),
        Bad(key: "normalize_before", value: true, words: ["normalize_before"]),
        Bad(key: "share_encoder_decoder_embeddings", value: false, words: ["model.shared"]),
        Bad(key: "model_type", value: "bart", words: ["bart", "marian"]),
        Bad(file: "generation_config.json", key: "eos_token_id", value: 53, words: ["eos_token_id", "0 to 52"]),
        Bad(file: "generation_config.json", key: "num_beams", value: 0, words: ["num_beams"]),
        Bad(file: "generation_config.json", key: "early_stopping", value: "soon", words: ["early_stopping"]),
        Bad(file: "generation_config.json", key: "bad_words_ids", value: [[-1]], words: ["bad_words_ids"]),
        Bad(file: "generation_config.json", key: "no_repeat_ngram_size", value: 3, words: ["no_repeat_ngram_size"]),
        Bad(file: "generation_config.json", key: "do_sample", value: true, words: ["do_sample"]),
        Bad(file: "generation_config.json", key: "length_penalty", value: "x", words: ["length_penalty"]),
    ]
    .map { bad in
        var bad = bad
        bad.model = "marian-golden"
        return bad
    }

    private func copy(_ bad: Bad, to target: URL) throws {
        try FileManager.default.copyItem(at: EncoderGoldenTests.folder(bad.model), to: target)
        let path = target.appending(path: bad.file)
        guard case .object(var members) = try JSONValue(parsing: Array(Data(contentsOf: path))) else { return }
        members.set(bad.key, bad.value)
        try Data(JSONValue.object(members).text().utf8).write(to: path)
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch let error as TensorFileError {
            return error.description
        } catch {
            return "another error: \(error)"
        }
    }

    @Test(arguments: encoders + translators) func contradictionsAreNamed(bad: Bad) throws {
        try TestFiles.withTemporaryFolder { folder in
            let target = folder.appending(path: "model")
            try copy(bad, to: target)
            let message = message {
                if bad.model == "bert-golden" {
                    _ = try SentenceEncoder(opening: target.path)
                } else {
                    _ = try Translator(opening: target.path)
                }
            }
            for word in bad.words { #expect(message.contains(word), "\(message)") }
            #expect(message.contains(target.path), "\(message)")
            if bad.file != "config.json" { #expect(message.contains("/\(bad.file): \(bad.key)"), "\(message)") }
        }
    }

    @Test func sentenceTransformersFiles() throws {
        let sound = """
            [{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
             {"idx": 1, "path": "P", "type": "sentence_transformers.models.Pooling"},
             {"idx": 2, "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]
            """
        func open(modules: String, pooling: String?, sentence: String? = nil) throws -> SentenceEncoder {
            try TestFiles.withTemporaryFolder { folder in
                let target = folder.appending(path: "model")
                try FileManager.default.copyItem(at: EncoderGoldenTests.folder("bert-golden"), to: target)
                try FileManager.default.createDirectory(
                    at: target.appending(path: "P"),
                    withIntermediateDirectories: false
                )
                try Data(modules.utf8).write(to: target.appending(path: "modules.json"))
                if let pooling { try Data(pooling.utf8).write(to: target.appending(path: "P/config.json")) }
                if let sentence {
                    try Data(sentence.utf8).write(to: target.appending(path: "sentence_bert_config.json"))
                }
                return try SentenceEncoder(opening: target.path)
            }
        }
        let cls = try open(
            modules: sound,
            pooling: #"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#,
            sentence: #"{"max_seq_length": 7}"#
        )
        #expect(cls.pooling == .cls && cls.normalises && cls.maximumTokens == 7)
        let newer = try open(modules: "[]", pooling: nil, sentence: #"{"max_seq_length": 700}"#)
        #expect(newer.pooling == .mean && !newer.normalises && newer.maximumTokens == 16)
        #expect(try open(modules: sound, pooling: #"{"pooling_mode": "max"}"#).pooling == .max)
        let bad: [(modules: String, pooling: String?, word: String)] = [
            ("{}", nil, "list of modules"), ("[", nil, "modules.json"), (sound, nil, "P/config.json"),
            (sound, "{}", "no way of pooling"), (sound, #"{"pooling_mode": "attention"}"#, "attention"),
            (sound, #"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}"#, "together"),
            (#"[{"type": "sentence_transformers.models.Dense"}]"#, nil, "Dense"),
            (#"[{"type": "a.Pooling", "path": "../../etc"}]"#, nil, "out of the model's folder"),
        ]
        for (modules, pooling, word) in bad {
            let message = message { _ = try open(modules: modules, pooling: pooling) }
            #expect(message.contains(word), "\(message)")
        }
    }

    @Test func tokenizersOfOtherModelsAreRefused() throws {
        let other = TestFiles.root.appending(path: "Tests/Golden/Tokenizers/spm-bpe.model").path
        let encoder = try SentenceEncoder(opening: EncoderGoldenTests.folder("bert-golden").path)
        #expect(message { _ = try encoder.tokenizer(at: other) }.contains("61 rows"))
        let translator = try Translator(opening: EncoderGoldenTests.folder("marian-golden").path)
        #expect(message { _ = try translator.tokenizer(at: other) }.contains("53 rows"))
    }
}
