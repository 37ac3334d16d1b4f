import Foundation
import GGUF
import TensorFile
import TestSupport
import Testing

@Suite struct StructureTests {
    private func findings(_ bytes: [UInt8], _ strictness: Strictness = .strict) throws -> [String] {
        try withFile(bytes) { path in
            try GGUFFile(path, strictness: strictness).structureFindings().map(\.description)
        }
    }

    @Test func aRegularFileHasNone() throws {
        var file = smallModel()
        file.data += file.padding(file.data.count)
        #expect(try findings(file.bytes) == [])
    }

    @Test func missingFinalPaddingIsNoted() throws {
        let found = try findings(smallModel().bytes)
        #expect(found.count == 1)
        #expect(found.first?.contains("padding after the last tensor is not there") == true)
    }

    // G30
    @Test func hiddenDataIsFound() throws {
        var file = smallModel()
        file.data += file.padding(file.data.count)
        let header = file.header.count
        let start = header + file.padding(header).count
        for (position, place) in [
            (start - 1, header), (start + 32 + 6, start + 32 + 6), (start + 63, start + 32 + 6),
        ] {
            var bytes = file.bytes
            bytes[position] = 1
            #expect(try findings(bytes) == ["byte \(place): padding holds bytes other than zero (in 1 places)"])
        }
        // Bytes behind the last tensor are seen at once, whatever they are.
        for extra in [[0, 0], Array("PK".utf8)] {
            try withFile(file.bytes + extra) { path in
                let text = "byte \(start + 64): 2 bytes after the last tensor belong to none"
                let source = try GGUFFile(path)
                #expect(source.warnings == [text])
                #expect(try source.structureFindings().map(\.description) == [text])
            }
        }
    }

    @Test func gapsAndOrderAreReadLeniently() throws {
        var file = GGUFBytes()
        file.addInfo(Array("a".utf8), [8], offset: 96)
        file.addInfo(Array("b".utf8), [8], offset: 32)
        file.data = (0..<128).map { UInt8($0) }
        try withFile(file.bytes) { path in
            let source = try GGUFFile(path, strictness: .lenient)
            #expect(try contents(source, "a") == (96..<128).map { UInt8($0) })
            #expect(try contents(source, "b") == (32..<64).map { UInt8($0) })
            #expect(source.header.gaps.map(\.count) == [32, 32])
            #expect(source.warnings.count == 2)
            let hidden = try source.structureFindings().filter { $0.text.contains("a gap holds bytes") }
            #expect(hidden.map(\.text) == ["a gap holds bytes other than zero (in 2 places)"])
        }
    }

    @Test func whatOtherReadersRefuseIsNoted() throws {
        var file = GGUFBytes(version: 1, order: .big, alignment: 4)
        file.add("general.alignment", uint32: 4)
        file.add("nested", type: 9, file.number(UInt32(9)) + file.number(UInt32(0)))
        file.addTensor("q", [32], type: 8, [UInt8](repeating: 0, count: 34) + [0, 0])
        let found = try findings(file.bytes)
        for words in ["version 1", "big-endian", "no multiple of 8", "arrays of arrays", "quantization_version"] {
            #expect(found.contains { $0.contains(words) }, "\(words)")
        }
        #expect(found.count == 5)
    }

    @Test func truthValuesBecomeOne() throws {
        var file = GGUFBytes()
        file.add("one", type: 7, [2])
        file.add("many", type: 9, file.number(UInt32(7)) + file.number(UInt64(3)) + [0, 1, 255])
        let header = try GGUFHeader(parsing: file.bytes, strictness: .lenient)
        #expect(header.metadata["one"] == .bool(true))
        #expect(header.metadata["many"] == .array(GGUFArray([false, true, true])))
        #expect(header.findings.map(\.place) == ["key \"one\"", "key \"many\""])
    }

    @Test func namesOf64BytesAreReadWithAWarning() throws {
        var file = GGUFBytes()
        file.addInfo([UInt8](repeating: 97, count: 64), [0], offset: 0)
        let header = try GGUFHeader(parsing: file.bytes)
        #expect(header.findings.map(\.text) == ["the name takes 64 bytes; ggml reads up to 63"])
    }

    // G27
    @Test func nonFiniteScalesAreFoundInTheirBlock() throws {
        // Q8_0: a half as scale, then 32 values. The third block has an infinite scale, the fifth a NaN.
        var blocks = [[UInt8]](repeating: [0x00, 0x3C] + [UInt8](repeating: 1, count: 32), count: 6)
        blocks[2][1] = 0x7C
        blocks[4].replaceSubrange(0..<2, with: [0x01, 0x7E])
        var file = GGUFBytes()
        file.addTensor("q", [96, 2], type: 8, blocks.flatMap { $0 })
        try withFile(file.bytes) { path in
            let bytes = try contents(GGUFFile(path), "q")
            let found = try bytes.withUnsafeBytes { try ValueCodec.nonFiniteBlocks(in: $0, as: .q8_0) }
            #expect(found == [2, 4])
        }
    }
}
