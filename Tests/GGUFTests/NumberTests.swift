import GGUF
import TensorFile
import Testing

/// The tables of numbers and names.
@Suite struct NumberTests {
    @Test func typeNumbers() {
        let numbers = ElementType.allCases.compactMap(\.ggmlID)
        #expect(numbers.count == 35)
        #expect(Set(numbers) == Set((0...3)).union(6...30).union([34, 35]).union(39...42))
    }

    @Test func fileTypesHaveLlamasNumbers() {
        #expect(GGUFFileType.allCases.map(\.rawValue) == Array(0...3) + Array(7...32) + Array(36...40))
        #expect(GGUFFileType(metadataValue: 15)?.name == "Q4_K_M")
        #expect(GGUFFileType(metadataValue: 1024 + 32)?.name == "BF16")
        #expect(GGUFFileType(metadataValue: 24)?.name == "IQ1_S")
        #expect(GGUFFileType(metadataValue: 33) == nil)
        #expect(GGUFFileType.quantizationVersion == 2)
    }

    @Test func keys() {
        #expect(GGUFModelKey.blockCount.name(for: "phi3") == "phi3.block_count")
        #expect(GGUFModelKey.rmsNormEpsilon.name(for: "llama") == "llama.attention.layer_norm_rms_epsilon")
        #expect(GGUFKey.seperatorTokenID.name == "tokenizer.ggml.seperator_token_id")
    }

    @Test func metadataKeepsItsOrder() {
        var metadata = GGUFMetadata()
        for key in ["b", "a", "c"] { metadata[key] = .text(key) }
        metadata["a"] = .uint8(1)
        metadata["b"] = nil
        metadata["none"] = nil
        metadata[.modelName] = .text("n")
        #expect(metadata.entries.map(\.key) == ["a", "c", "general.name"])
        #expect(metadata["a"]?.integer == 1)
        #expect(metadata["c"]?.text == "c")
    }
}
