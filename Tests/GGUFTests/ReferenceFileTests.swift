import Foundation
import GGUF
import TensorFile
import TestSupport
import Testing

/// Real files, compared with what gguf-py 0.19.0 says about them.
@Suite struct ReferenceFileTests {
    struct Vocabulary: CustomTestStringConvertible, Sendable {
        let name: String
        let keys: Int
        let model: String
        let tokens: Int
        /// Bytes of all tokens together, and CRC-32 of their concatenation.
        let bytes: Int
        let checksum: UInt32
        var merges: Int?
        var special: [GGUFKey: Int] = [:]
        var testDescription: String { name }
    }

    static let vocabularies = [
        Vocabulary(
            name: "vocabularies/ggml-vocab-bert-bge.gguf",
            keys: 20,
            model: "bert",
            tokens: 30_522,
            bytes: 260_415,
            checksum: 0x4FC1_67D6,
            special: [
                .unknownTokenID: 100, .seperatorTokenID: 102, .paddingTokenID: 0, .classTokenID: 101, .maskTokenID: 103,
            ]
        ),
        Vocabulary(
            name: "vocabularies/ggml-vocab-gpt-2.gguf",
            keys: 16,
            model: "gpt2",
            tokens: 50_257,
            bytes: 356_735,
            checksum: 0xC354_0D8B,
            merges: 50_000,
            special: [.bosTokenID: 50_256, .eosTokenID: 50_256]
        ),
        Vocabulary(
            name: "vocabularies/ggml-vocab-llama-spm.gguf",
            keys: 22,
            model: "llama",
            tokens: 32_000,
            bytes: 210_919,
            checksum: 0x1C02_B3E0,
            special: [.bosTokenID: 1, .eosTokenID: 2, .unknownTokenID: 0]
        ),
        Vocabulary(
            name: "vocabularies/ggml-vocab-phi-3.gguf",
            keys: 26,
            model: "llama",
            tokens: 32_064,
            bytes: 211_596,
            checksum: 0x9744_5CB3,
            special: [.bosTokenID: 1, .eosTokenID: 32_000, .unknownTokenID: 0, .paddingTokenID: 32_000]
        ),
        Vocabulary(
            name: "models/stories260K/stories260K.gguf",
            keys: 19,
            model: "llama",
            tokens: 512,
            bytes: 2305,
            checksum: 0x33FA_D4EA,
            special: [.bosTokenID: 1, .eosTokenID: 2, .unknownTokenID: 0]
        ),
    ]

    @Test(arguments: vocabularies) func vocabulary(expected: Vocabulary) throws {
        guard let url = TestFiles.reference(expected.name) else { return }
        let file = try GGUFFile(url.path)
        #expect(file.warnings == [])
        #expect(file.metadata.entries.count == expected.keys)
        let section = try #require(try GGUFTokenizerSection(file.metadata))
        #expect(section.model == expected.model)
        #expect(section.tokens.count == expected.tokens)
        let bytes = section.tokens.flatMap(\.bytes)
        #expect(bytes.count == expected.bytes)
        #expect(checksum(bytes) == expected.checksum)
        #expect(section.types?.count == expected.tokens)
        #expect(section.scores?.count == (expected.model == "llama" ? expected.tokens : nil))
        #expect(section.merges?.count == expected.merges)
        #expect(section.specialTokens == expected.special)
    }

    @Test(arguments: vocabularies) func writtenAgainTheHeaderIsTheSame(expected: Vocabulary) throws {
        guard let url = TestFiles.reference(expected.name) else { return }
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "copy.gguf").path
            try copyModel(url.path, to: path)
            let (old, new) = (try GGUFFile(url.path), try GGUFFile(path))
            #expect(new.metadata.entries == old.metadata.entries)
            #expect(new.tensors == old.tensors)
            let (bytes, copy) = (try Data(contentsOf: url), try Data(contentsOf: URL(filePath: path)))
            // Versions differ (some of the files are older); everything behind the version is the same.
            #expect(copy.dropFirst(8).prefix(bytes.count - 8) == bytes.dropFirst(8))
        }
    }

    @Test func storiesTensors() throws {
        guard let url = TestFiles.reference("models/stories260K/stories260K.gguf") else { return }
        let file = try GGUFFile(url.path)
        #expect(file.tensors.count == 48)
        #expect(file.tensors.prefix(4).map(\.shape) == [[512, 64], [64], [512, 64], [64, 64]])
        #expect(file.tensors.allSatisfy { $0.type == .float32 })
        #expect(file.tensors.reduce(0) { $0 + $1.elementCount } == 292_800)
        var sum = 0.0
        for tensor in file.tensors {
            try file.stream(tensor, chunkBytes: 4096) { chunk in
                for value in chunk.bindMemory(to: Float.self) { sum += abs(Double(value)) }
            }
        }
        #expect(abs(sum - 38984.708625347914) < 1e-6)
        let model = try GGUFHyperparameters(file.metadata)
        #expect(model.blockCount == 5)
        #expect(model.embeddingLength == 64)
        #expect(model.headCounts == [8, 8, 8, 8, 8])
        #expect(model.headCountsKV == [4, 4, 4, 4, 4])
    }

    /// CRC-32 as zlib computes it.
    private func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum = UInt32.max
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return ~sum
    }
}
