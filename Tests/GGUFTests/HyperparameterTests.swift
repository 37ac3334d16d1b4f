import GGUF
import TensorFile
import Testing

@Suite struct HyperparameterTests {
    private func metadata(_ change: (inout GGUFMetadata) -> Void = { _ in }) -> GGUFMetadata {
        var metadata = GGUFMetadata()
        metadata[.architecture] = .text("llama")
        metadata["llama.context_length"] = .uint32(128)
        metadata["llama.embedding_length"] = .uint32(64)
        metadata["llama.block_count"] = .uint64(3)
        metadata["llama.feed_forward_length"] = .uint32(172)
        metadata["llama.attention.head_count"] = .uint32(8)
        metadata["llama.attention.layer_norm_rms_epsilon"] = .float32(1e-5)
        change(&metadata)
        return metadata
    }

    @Test func defaults() throws {
        let model = try GGUFHyperparameters(metadata())
        #expect(model.architecture == "llama")
        #expect(model.contextLength == 128)
        #expect(model.embeddingLength == 64)
        #expect(model.blockCount == 3)
        #expect(model.feedForwardLengths == [172, 172, 172])
        #expect(model.headCounts == [8, 8, 8])
        #expect(model.headCountsKV == [8, 8, 8])
        #expect(model.keyLength == 8)
        #expect(model.valueLength == 8)
        #expect(model.normEpsilon == Double(Float(1e-5)))
        #expect(model.ropeDimensionCount == 8)
        #expect(model.ropeFrequencyBase == 10_000)
    }

    @Test func numbersOfEachLayer() throws {
        let model = try GGUFHyperparameters(
            metadata {
                $0["llama.feed_forward_length"] = .array(GGUFArray([Int32(100), 200, 300]))
                $0["llama.attention.head_count"] = .array(GGUFArray([UInt32(8), 0, 4]))
                $0["llama.attention.head_count_kv"] = .array(GGUFArray([Int32(2), 0, 4]))
                $0["llama.attention.key_length"] = .uint32(16)
                $0["llama.rope.freq_base"] = .float32(500_000)
            }
        )
        #expect(model.feedForwardLengths == [100, 200, 300])
        #expect(model.headCounts == [8, 0, 4])
        #expect(model.headCountsKV == [2, 0, 4])
        #expect(model.keyLength == 16)
        #expect(model.ropeDimensionCount == 16)
        #expect(model.ropeFrequencyBase == 500_000)
    }

    @Test func nonsenseIsRefusedBeforeAnyDivision() {
        let cases: [(String, TensorFileError.Kind, (inout GGUFMetadata) -> Void)] = [
            ("G31 no blocks", .value, { $0["llama.block_count"] = .uint32(0) }),
            ("G31 10^9 blocks", .value, { $0["llama.block_count"] = .uint32(1_000_000_000) }),
            ("G31 no heads", .value, { $0["llama.attention.head_count"] = .uint32(0) }),
            (
                "no heads in any layer", .value,
                { $0["llama.attention.head_count"] = .array(GGUFArray([Int32(0), 0, 0])) }
            ),
            ("negative heads", .value, { $0["llama.attention.head_count"] = .array(GGUFArray([Int32(-1), 1, 1])) }),
            ("two layers' heads", .mismatch, { $0["llama.attention.head_count"] = .array(GGUFArray([Int32(1), 1])) }),
            ("heads as text", .mismatch, { $0["llama.attention.head_count"] = .text("8") }),
            ("heads missing", .value, { $0["llama.attention.head_count"] = nil }),
            ("key heads 3", .mismatch, { $0["llama.attention.head_count_kv"] = .uint32(3) }),
            ("embedding missing", .missing, { $0["llama.embedding_length"] = nil }),
            ("embedding 2^63", .mismatch, { $0["llama.embedding_length"] = .uint64(1 << 63) }),
            ("embedding -1", .value, { $0["llama.embedding_length"] = .int32(-1) }),
            ("epsilon NaN", .mismatch, { $0["llama.attention.layer_norm_rms_epsilon"] = .float32(.nan) }),
            ("rotation beyond the head", .value, { $0["llama.rope.dimension_count"] = .uint32(9) }),
            ("architecture missing", .missing, { $0[.architecture] = nil }),
            ("architecture no UTF-8", .mismatch, { $0[.architecture] = .string(GGUFString([0xFF])) }),
        ]
        for (what, kind, change) in cases {
            let error = failure { _ = try GGUFHyperparameters(metadata(change)) }
            #expect(error?.kind == kind, "\(what): \(error?.description ?? "accepted")")
        }
    }
}
