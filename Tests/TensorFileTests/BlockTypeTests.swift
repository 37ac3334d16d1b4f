import Foundation
import TensorFile
import Testing

/// Conversions against gguf, ggml and ml_dtypes.
@Suite struct BlockTypeTests {
    @Test func decodingEqualsThePeers() throws {
        let goldens = try BlockTypeGoldens.digests("decode")
        #expect(goldens.count == 36)
        for (type, digest) in goldens {
            let blocks = BlockTypeGoldens.blocks(of: type)
            let count = blocks.count / type.geometry.bytes * type.geometry.elements
            let values = try blocks.withUnsafeBytes { try ValueCodec.floats($0, as: type, count: count) }
            #expect(BlockTypeGoldens.digest(values) == digest, "\(type.name)")
        }
    }

    @Test func encodingEqualsThePeers() throws {
        let goldens = try BlockTypeGoldens.digests("encode")
        #expect(goldens.count == 21)
        for (type, digest) in goldens {
            let values = BlockTypeGoldens.values(for: type)
            let bytes = try ValueCodec.bytes(of: values, as: type, nonFinite: .allow)
            #expect(BlockTypeGoldens.digest(bytes.lazy.map { UInt64($0) }) == digest, "\(type.name)")
        }
    }

    @Test(arguments: [ElementType.float16, .bfloat16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .tq1_0, .tq2_0, .mxfp4])
    func edgesEncodeAsThePeersDo(type: ElementType) throws {
        var edges = try BlockTypeGoldens.edges()
        // Below 2⁻¹²⁵ gguf's exponent wraps around; ours stays at the least.
        if type == .mxfp4 { for index in 8 * 256..<9 * 256 { edges[index] = 0 } }
        let expected = [UInt8](try Data(contentsOf: BlockTypeGoldens.folder.appending(path: "edges.\(type.name)")))
        let bytes = try ValueCodec.bytes(of: edges, as: type, nonFinite: .allow)
        #expect(bytes.count == expected.count)
        let size = type.geometry.bytes
        let wrong = stride(from: 0, to: bytes.count, by: size).filter { first in
            bytes[first..<first + size] != expected[first..<first + size]
        }
        #expect(wrong.isEmpty, "blocks \(wrong.map { $0 / size })")
    }
}
