import Foundation
import GGUF
import TensorFile
import TestSupport
import Testing

/// What real files look like and must not be refused, not even in strict reading.
@Suite struct AcceptedFileTests {
    @Test func nothingAtAll() throws {
        let header = try GGUFHeader(parsing: GGUFBytes().header)
        #expect(header.tensors.isEmpty)
        #expect(header.metadata.entries.isEmpty)
        #expect(header.alignment == 32)
        #expect(header.findings.isEmpty)
    }

    @Test(arguments: [1, 2, 8, 64, 4096, 1 << 20]) func alignments(alignment: Int) throws {
        var file = GGUFBytes(alignment: alignment)
        file.add("general.alignment", uint32: UInt32(alignment))
        file.addTensor("a", [1], type: 24, [1])
        file.addTensor("b", [3], type: 24, [2, 3, 4])
        let header = try GGUFHeader(parsing: file.bytes)
        #expect(header.alignment == alignment)
        #expect(header.offsets.allSatisfy { $0.isMultiple(of: alignment) })
    }

    @Test func scalarsAndEmptyTensors() throws {
        var file = GGUFBytes()
        file.addTensor("scalar", [], [0, 0, 0x80, 0x3F])
        file.addTensor("empty", [0, 5], [])
        file.addTensor("none", [4, 0, 2, 1], type: 24, [])
        file.addTensor("last", [1], type: 24, [7])
        try withFile(file.bytes) { path in
            let source = try GGUFFile(path)
            #expect(source.tensors.map(\.shape) == [[], [5, 0], [1, 2, 0, 4], [1]])
            #expect(try contents(source, "scalar") == [0, 0, 0x80, 0x3F])
            #expect(try contents(source, "empty") == [])
            #expect(try contents(source, "last") == [7])
        }
    }

    @Test func emptyTensorAtTheEndOfAFileWithoutPadding() throws {
        var file = GGUFBytes()
        file.addTensor("a", [1], type: 24, [7])
        file.addInfo(Array("b".utf8), [0], offset: 32)
        try withFile(file.bytes) { path in
            let source = try GGUFFile(path)
            #expect(try contents(source, "b") == [])
        }
    }

    @Test func emptyStringsAndArraysOfEveryType() throws {
        var file = GGUFBytes()
        file.add("text", "")
        for type in GGUFValueType.allCases {
            file.add("none.\(type)", type: 9, file.number(type.rawValue) + file.number(UInt64(0)))
        }
        let header = try GGUFHeader(parsing: file.bytes)
        #expect(header.metadata["text"]?.text == "")
        for type in GGUFValueType.allCases {
            let array = header.metadata["none.\(type)"]?.array
            #expect(array?.elementType == type)
            #expect(array?.count == 0)
        }
    }

    @Test(arguments: [UInt32(1), 3], [ByteOrder.little, .big])
    func nestedArraysKeepTheirStructure(version: UInt32, order: ByteOrder) throws {
        var file = GGUFBytes(version: version, order: order)
        func array(_ type: UInt32, _ items: [[UInt8]]) -> [UInt8] {
            file.number(type) + file.length(UInt64(items.count)) + items.flatMap { $0 }
        }
        let numbers = array(3, [Int16(-2), 300].map { file.number($0) })
        let texts = array(8, ["a", "", "ü"].map { file.string($0) })
        file.add("a", type: 9, array(9, [array(9, [numbers, texts]), texts, array(9, [array(9, [texts])])]))
        let header = try GGUFHeader(parsing: file.bytes)
        let outer = try #require(header.metadata["a"]?.array?.arrays)
        #expect(outer.map(\.elementType) == [.array, .string, .array])
        #expect(outer[0].arrays?.map(\.elementType) == [.int16, .string])
        #expect(outer[0].arrays?[0].integers == [-2, 300])
        #expect(outer[0].arrays?[1].strings?.map(\.text) == ["a", "", "ü"])
        #expect(outer[1].strings?.map(\.text) == ["a", "", "ü"])
        #expect(outer[2].arrays?[0].arrays?[0].strings?.map(\.text) == ["a", "", "ü"])
    }

    @Test(arguments: ElementType.allCases.filter { $0.ggmlID != nil })
    func everyTensorType(type: ElementType) throws {
        let geometry = type.geometry
        let bytes = (0..<2 * geometry.bytes).map { UInt8(truncatingIfNeeded: $0) }
        var file = GGUFBytes()
        file.addTensor("t", [UInt64(geometry.elements), 2], type: try #require(type.ggmlID), bytes)
        try withFile(file.bytes) { path in
            let source = try GGUFFile(path)
            #expect(source.tensors.map(\.type) == [type])
            #expect(source.tensors.map(\.shape) == [[2, geometry.elements]])
            #expect(try contents(source, "t") == bytes)
            #expect(
                try source.location(of: source.tensors[0])?.file.bytes(at: source.header.dataOffset, count: 1) == [0]
            )
        }
    }

    @Test func keysThatLookAlikeStayApart() throws {
        var file = GGUFBytes()
        file.add("\u{E9}", uint32: 1)
        file.add("e\u{301}", uint32: 2)
        let header = try GGUFHeader(parsing: file.bytes, strictness: .lenient)
        #expect(header.metadata["\u{E9}"]?.integer == 1)
        #expect(header.metadata["e\u{301}"]?.integer == 2)
    }

    @Test func aHeaderLargerThanTheFirstReads() throws {
        // 200,000 tokens of changing length: the header grows over several steps while it is read.
        var file = smallModel()
        let tokens = (0..<200_000).map { Array("token-\(String($0, radix: 7))".utf8) }
        file.add("tokens", strings: tokens)
        file.add("after", "end")
        try withFile(file.bytes) { path in
            let source = try GGUFFile(path)
            #expect(source["after"]?.text == "end")
            let strings = try #require(source["tokens"]?.strings)
            #expect(strings.count == tokens.count)
            #expect(zip(strings, tokens).allSatisfy { $0.bytes.elementsEqual($1) })
            #expect(try contents(source, "output_norm.weight") == [0x00, 0x3C, 0x00, 0x40, 0x00, 0xC0])
        }
    }

    @Test func theFrontOfAFileSuffices() throws {
        let file = smallModel()
        let header = try GGUFHeader(parsing: file.header, fileSize: file.bytes.count)
        #expect(header.tensors.count == 2)
        #expect(try header.dataOffset == GGUFHeader(parsing: file.bytes).dataOffset)
        let error = failure { _ = try GGUFHeader(parsing: Array(file.header.dropLast()), fileSize: file.bytes.count) }
        #expect(error?.kind == .truncated)
        #expect(error?.remedy == "hand over more of the file")
    }
}
