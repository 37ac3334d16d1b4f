import Foundation
import Kernels
import TensorFile
import Testing

/// Conversions against gguf and ml_dtypes.
@Suite struct BlockTypeTests {
    @Test func decodingEqualsThePeers() throws {
        for (type, digest) in try BlockTypeGoldens.digests("decode") where type.isDecodable {
            let blocks = BlockTypeGoldens.blocks(of: type)
            let count = blocks.count / type.geometry.bytes * type.geometry.elements
            let values = try blocks.withUnsafeBytes { try ValueCodec.floats($0, as: type, count: count) }
            #expect(BlockTypeGoldens.digest(values) == digest, "\(type.name)")
        }
    }

    @Test func encodingEqualsThePeers() throws {
        for (type, digest) in try BlockTypeGoldens.digests("encode") where type.isEncodable {
            let values = BlockTypeGoldens.values(for: type)
            let bytes = try ValueCodec.bytes(of: values, as: type, nonFinite: .allow)
            #expect(BlockTypeGoldens.digest(bytes.lazy.map { UInt64($0) }) == digest, "\(type.name)")
        }
    }

    @Test func edgesEncodeAsThePeersDo() throws {
        let edges = try BlockTypeGoldens.edges()
        for (type, _) in try BlockTypeGoldens.digests("encode") where type.isEncodable {
            let file = BlockTypeGoldens.folder.appending(path: "edges.\(type.name)")
            guard let expected = try? Data(contentsOf: file) else { continue }
            let bytes = try ValueCodec.bytes(of: edges, as: type, nonFinite: .allow)
            let size = type.geometry.bytes
            let wrong = stride(from: 0, to: bytes.count, by: size).filter {
                bytes[$0..<$0 + size] != ArraySlice(expected[$0..<$0 + size])
            }
            #expect(wrong.isEmpty, "\(type.name): blocks \(wrong.map { $0 / size })")
        }
    }
}
