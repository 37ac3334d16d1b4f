import Foundation
import GGUF
import TensorFile
import TestSupport
import Testing

@Suite struct GGUFFileTests {
    @Test(arguments: [UInt32(1), 2, 3], [ByteOrder.little, .big])
    func readsVersionsAndByteOrders(version: UInt32, order: ByteOrder) throws {
        try withFile(smallModel(version: version, order: order).bytes) { path in
            let file = try GGUFFile(path)
            #expect(file.header.version == Int(version))
            #expect(file.header.order == order)
            #expect(file.warnings.isEmpty)
            #expect(file[.architecture]?.text == "llama")
            #expect(file["llama.block_count"]?.integer == 2)
            #expect(file.metadata.entries.map(\.key).first == "general.architecture")
            #expect(file["none"] == nil)
            let tokens = file[.tokens]?.strings.map { $0.map { Array($0.bytes) } }
            #expect(tokens == [Array("<s>".utf8), [0xFF, 0xFE], [], Array("a\0".utf8)])
            #expect(file[.tokens]?.strings?.map(\.text) == ["<s>", nil, "", "a\0"])
            #expect(file[.tokenTypes]?.array?.integers == [3, 1, 1, 1])
            #expect(file.tensors.map(\.name) == ["token_embd.weight", "output_norm.weight"])
            #expect(file.tensors.map(\.shape) == [[2, 4], [3]])
            #expect(file.tensors.map(\.type) == [.float32, .float16])
            let floats = (0..<8).flatMap { value in
                withUnsafeBytes(of: Float(value).bitPattern.littleEndian) { Array($0) }
            }
            #expect(try contents(file, "token_embd.weight") == floats)
            #expect(try contents(file, "output_norm.weight") == [0x00, 0x3C, 0x00, 0x40, 0x00, 0xC0])
            #expect((file.location(of: file.tensors[0]) == nil) == (order == .big))
        }
    }
}
