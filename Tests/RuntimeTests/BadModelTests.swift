import Foundation
import JSONText
import Runtime
import TensorFile
import TestSupport
import Testing

/// Models that contradict themselves: a clear error each, never a trap.
@Suite struct BadModelTests {
    /// A change to a sound configuration, and what the error must speak of.
    struct BadConfiguration: CustomTestStringConvertible, Sendable {
        let key: String
        let value: JSONValue?
        let words: [String]
        var golden = "llama-grouped-tied"
        var testDescription: String { "\(key) = \(value?.text() ?? "absent")" }
    }

    static let configurations = [
        BadConfiguration(key: "model_type", value: "gpt_neox", words: ["gpt_neox", "llama", "mistral", "phi3"]),
        BadConfiguration(key: "model_type", value: nil, words: ["what kind"]),
        BadConfiguration(key: "vocab_size", value: 98, words: ["embed_tokens", "97", "98"]),
        BadConfiguration(key: "vocab_size", value: "many", words: ["vocab_size"]),
        BadConfiguration(key: "hidden_size", value: nil, words: ["hidden_size", "missing"]),
        BadConfiguration(key: "hidden_size", value: -24, words: ["hidden_size"]),
        BadConfiguration(key: "hidden_size", value: 48, words: ["embed_tokens", "[97, 24]"]),
        BadConfiguration(key: "hidden_size", value: 25, words: ["embed_tokens", "[97, 25]"]),
        BadConfiguration(key: "head_dim", value: 7, words: ["turned", "7"]),
        BadConfiguration(key: "head_dim", value: 2_147_483_647, words: ["turned"]),
        BadConfiguration(key: "num_hidden_layers", value: 4, words: ["layers.3", "none"]),
        BadConfiguration(key: "num_hidden_layers", value: 2, words: ["layers.2", "no such tensor"]),
        BadConfiguration(key: "num_hidden_layers", value: 1_000_000, words: ["num_hidden_layers"]),
        BadConfiguration(key: "num_attention_heads", value: 0, words: ["num_attention_heads"]),
        BadConfiguration(key: "num_key_value_heads", value: 3, words: ["divide"]),
        BadConfiguration(key: "num_key_value_heads", value: 4, words: ["k_proj"]),
        BadConfiguration(key: "intermediate_size", value: 41, words: ["gate_proj"]),
        BadConfiguration(key: "intermediate_size", value: 1.5, words: ["intermediate_size"]),
        BadConfiguration(key: "hidden_act", value: "gelu", words: ["gelu", "silu"]),
        BadConfiguration(key: "eos_token_id", value: ["end"], words: ["eos_token_id"]),
        BadConfiguration(key: "eos_token_id", value: -1, words: ["eos_token_id"]),
        BadConfiguration(key: "rms_norm_eps", value: -1, words: ["ε"]),
        BadConfiguration(key: "tie_word_embeddings", value: false, words: ["lm_head"]),
        BadConfiguration(
            key: "rope_parameters",
            value: ["rope_type": "longrope", "rope_theta": 10000],
            words: ["longrope", "linear", "llama3"]
        ),
        BadConfiguration(key: "rope_parameters", value: ["rope_type": "linear"], words: ["factor", "missing"]),
        BadConfiguration(key: "rope_parameters", value: ["rope_type": "linear", "factor": 0], words: ["factor"]),
        BadConfiguration(key: "rope_parameters", value: ["rope_theta": 0], words: ["base"]),
        BadConfiguration(
            key: "rope_parameters",
            value: ["rope_type": "longrope", "short_factor": [1, 2], "long_factor": [1, 2]],
            words: ["short_factor", "2", "6"],
            golden: "phi3-longrope-beyond"
        ),
        BadConfiguration(
            key: "rope_parameters",
            value: ["rope_type": "longrope", "short_factor": [1, 1, 1, 1, 1, 0], "long_factor": [1, 1, 1, 1, 1, 1]],
            words: ["short_factor", "positive"],
            golden: "phi3-longrope-beyond"
        ),
        BadConfiguration(
            key: "rope_parameters",
            value: ["rope_theta": 10000, "partial_rotary_factor": 2],
            words: ["partial_rotary_factor"],
            golden: "phi3-longrope-beyond"
        ),
    ]

    @Test(arguments: configurations) func contradictionsAreNamed(bad: BadConfiguration) throws {
        let golden = try GoldenModel(bad.golden)
        try TestFiles.withTemporaryFolder { folder in
            let target = folder.appending(path: "model")
            try golden.copy(to: target) { $0.set(bad.key, bad.value) }
            let message = Self.message { _ = try LanguageModel(opening: target.path) }
            for word in bad.words { #expect(message.contains(word), "\(message)") }
            #expect(message.contains(target.path))
        }
    }

    @Test(arguments: [
        ("{", "byte"), (#"{"eos_token_id": "end"}"#, "eos_token_id"), (#"{"eos_token_id": [2, null]}"#, "eos_token_id"),
        (#"{"eos_token_id": null}"#, "no error"), (#"{"eos_token_id": [2, 5]}"#, "no error"),
    ]) func generationSettingsAreRead(text: String, words: String) throws {
        let golden = try GoldenModel("llama-grouped-tied")
        try TestFiles.withTemporaryFolder { folder in
            let target = folder.appending(path: "model")
            try golden.copy(to: target)
            let file = target.appending(path: "generation_config.json")
            try Data(text.utf8).write(to: file)
            let message = Self.message { _ = try LanguageModel(opening: target.path) }
            #expect(message.contains(words), "\(message)")
            #expect(words == "no error" || message.contains(file.path))
        }
    }

    private static func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch let error as TensorFileError {
            return error.description
        } catch {
            return "another error: \(error)"
        }
    }

    @Test func tensorsMustBeThereAndNoOthers() throws {
        let golden = try GoldenModel("llama-grouped-tied")
        try TestFiles.withTemporaryFolder { folder in
            let target = folder.appending(path: "model")
            try golden.copy(to: target)
            let weights = target.appending(path: "model.safetensors").path
            let tensors = try golden.tensors()
            func message(
                _ change: ([(tensor: TensorDescriptor, values: [Float])]) throws
                    -> [(tensor: TensorDescriptor, values: [Float])]
            ) throws -> String {
                try writeSafetensors(change(tensors), to: weights)
                return Self.message { _ = try LanguageModel(opening: target.path) }
            }
            let sound = try message { $0 }
            #expect(sound == "no error")
            let missing = try message { all in all.filter { !$0.tensor.name.hasSuffix("model.norm.weight") } }
            #expect(missing.contains("model.norm.weight") && missing.contains("has none"), "\(missing)")
            let noTable = try message { $0.filter { $0.tensor.name != "model.embed_tokens.weight" } }
            #expect(noTable.contains("input embedding"))
            let extra = try message {
                $0 + [(try TensorDescriptor(name: "adapter.weight", type: .float32, shape: [2]), [1, 2])]
            }
            #expect(extra.contains("adapter.weight") && extra.contains("no such tensor"))
            // Tables that can be computed may be there, and so may the head of a tied model.
            let spare = try message {
                $0 + [
                    (try TensorDescriptor(name: "model.rotary_emb.inv_freq", type: .float32, shape: [2]), [1, 2]),
                    (try TensorDescriptor(name: "lm_head.weight", type: .float32, shape: [1, 2]), [1, 2]),
                ]
            }
            #expect(spare == "no error")
            let flat = try message { tensors in
                try tensors.map { tensor, values in
                    guard tensor.name.hasSuffix("0.mlp.up_proj.weight") else { return (tensor, values) }
                    return (try TensorDescriptor(name: tensor.name, type: .float32, shape: [960]), values)
                }
            }
            #expect(flat.contains("up_proj") && flat.contains("[960]"))
        }
    }

    @Test func tokenizersOfOtherModelsAreRefused() throws {
        let golden = try GoldenModel("llama-grouped-tied")
        let model = try LanguageModel(opening: golden.folder.path)
        let other = TestFiles.root.appending(path: "Tests/Golden/Tokenizers/spm-bpe.model").path
        let message = Self.message { _ = try model.tokenizer(at: other) }
        #expect(message.contains("97 rows") && message.contains("another model"), "\(message)")
        #expect(throws: (any Error).self) { try model.tokenizer() }
    }

    @Test func idsMustBeWholeNumbers() throws {
        let floats = TestFiles.root.appending(path: "Tests/Golden/NumPy/little-f4.npy").path
        #expect(throws: TensorFileError.self) { try LogitsExport.tokens(at: floats) }
    }
}
