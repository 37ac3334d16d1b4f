import Safetensors
import TensorFile
import TestSupport
import Testing

/// What real files look like and must not be refused, not even in strict reading.
@Suite struct AcceptedFileTests {
    @Test(arguments: [
        ("leading blanks", FileBytes.make(" \n\t\r{}")),
        ("trailing blanks", FileBytes.make("{} \n\t\r")),
        ("metadata null", FileBytes.make("{\"__metadata__\":null}")),
        ("metadata empty", FileBytes.make("{\"__metadata__\":{}}")),
        ("no tensors", FileBytes.make("{}")),
    ]) func withoutTensors(what: String, bytes: [UInt8]) throws {
        let header = try parse(bytes)
        #expect(header.tensors.isEmpty)
        #expect(header.metadata.isEmpty)
        #expect(header.dataByteCount == 0)
    }

    @Test func metadataKeepsItsOrder() throws {
        let header = try parse(
            FileBytes.make("{\"__metadata__\":{\"b\":\"1\",\"a\":\"2\",\"é\":\"\",\"e\u{301}\":\"x\"}}")
        )
        #expect(
            header.metadata.map(\.key).map { Array($0.utf8) } == ["b", "a", "é", "e\u{301}"].map { Array($0.utf8) }
        )
        #expect(header.metadata.map(\.value) == ["1", "2", "", "x"])
    }

    @Test func unalignedDataIsNotedOnly() throws {
        let header = try parse(FileBytes.make("{\(FileBytes.entry("t", "F32", "[1]", 0, 4))}", zeros: 4))
        #expect(header.length % 8 != 0)
        #expect(header.structureFindings().map(\.severity) == [.note, .note])
    }

    @Test func entriesInAnyOrderComeInTheOrderOfTheirBytes() throws {
        let entries = [
            FileBytes.entry("late", "F32", "[1]", 3, 7), FileBytes.entry("early", "U8", "[1]", 0, 1),
            FileBytes.entry("empty", "F64", "[3,0]", 1, 1), FileBytes.entry("middle", "F16", "[]", 1, 3),
            FileBytes.entry("empty too", "F64", "[0]", 1, 1), FileBytes.entry("end", "F64", "[0]", 7, 7),
        ]
        let header = try parse(FileBytes.make("{\(entries.joined(separator: ","))}", zeros: 7))
        #expect(header.tensors.map(\.name) == ["early", "empty", "empty too", "middle", "late", "end"])
        #expect(header.offsets == [0, 1, 1, 1, 3, 7])
        #expect(header.tensors[3].shape == [])
        #expect(header.tensors[3].elementCount == 1)
    }

    @Test func extraFieldsAreIgnored() throws {
        let header = try parse(
            FileBytes.oneTensor(extra: ",\"x\":{\"y\":[1.5e3,true,null,\"\\ud83d\\ude42\"]},\"z\":{}")
        )
        #expect(header.tensors.map(\.name) == ["t"])
        #expect(header.findings.contains { $0.text.contains("2 unknown fields") })
    }

    @Test(arguments: [
        "a.b.c", "a/b", "../a", "a b", "漢字", "é", "e\\u0301", "\\ud83d\\ude42", "𝄞", "C:\\\\x", "__metadata",
    ])
    func names(name: String) throws {
        let header = try parse(FileBytes.make("{\(FileBytes.entry(name, "U8", "[1]", 0, 1))}", zeros: 1))
        #expect(header.tensors.count == 1)
        #expect(header.findings.allSatisfy { $0.severity == .note })
    }

    @Test func namesThatLookAlikeAreDifferent() throws {
        let entries = [FileBytes.entry("é", "U8", "[1]", 0, 1), FileBytes.entry("e\u{301}", "U8", "[2]", 1, 3)]
        try withFile(FileBytes.make("{\(entries.joined(separator: ","))}", zeros: 3)) { path in
            let file = try SafetensorsFile(path)
            #expect(file.tensor(named: "é")?.byteCount == 1)
            #expect(file.tensor(named: "e\u{301}")?.byteCount == 2)
            let source: any TensorSource = file
            #expect(source.tensor(named: "e\u{301}")?.byteCount == 2)
            #expect(source.tensor(named: "e") == nil)
        }
    }

    @Test func emptyNameIsAWarning() throws {
        let header = try parse(FileBytes.make("{\(FileBytes.entry("", "U8", "[1]", 0, 1))}", zeros: 1))
        #expect(header.findings.contains { $0.severity == .warning && $0.text == "the name is empty" })
    }

    @Test(arguments: [101, SafetensorsFormat.rankLimit]) func manyDimensions(rank: Int) throws {
        let shape = "[" + (0..<rank).map { _ in "1" }.joined(separator: ",") + "]"
        let header = try parse(FileBytes.oneTensor(shape: shape, range: "[0,1]", zeros: 1))
        #expect(header.tensors[0].shape.count == rank)
    }

    @Test func longestName() throws {
        let name = String(repeating: "n", count: SafetensorsFormat.nameLengthLimit)
        #expect(
            try parse(FileBytes.make("{\(FileBytes.entry(name, "U8", "[1]", 0, 1))}", zeros: 1)).tensors[0].name == name
        )
    }

    @Test(arguments: SafetensorsFormat.elementTypes) func everyType(type: ElementType) throws {
        let descriptor = try TensorDescriptor(name: "t", type: type, shape: [2, 4])
        let count = descriptor.byteCount
        let bytes = FileBytes.make("{\(FileBytes.entry("t", type.name, "[2,4]", 0, count))}", zeros: count)
        #expect(try parse(bytes).tensors == [descriptor])
    }

    @Test func thereAre22Types() {
        #expect(Set(SafetensorsFormat.elementTypes).count == 22)
    }

    @Test func aHundredThousandTensors() throws {
        let entries = (0..<100_000).map { FileBytes.entry("layer.\($0)", "U8", "[1]", $0, $0 + 1) }
        let header = try parse(FileBytes.make("{\(entries.joined(separator: ","))}", zeros: 100_000))
        #expect(header.tensors.count == 100_000)
        #expect(header.offsets[99_999] == 99_999)
    }
}

/// What lenient reading accepts beyond that, with a warning each.
@Suite struct LenientReadingTests {
    @Test(arguments: [
        ("gap", FileBytes.oneTensor(range: "[1,5]", zeros: 5), "gap: 1 bytes"),
        ("tail", FileBytes.oneTensor(zeros: 6), "not fully covered: 2 bytes"),
        ("ZIP", FileBytes.oneTensor() + [0x50, 0x4B, 0x03, 0x04], "which begin like a ZIP archive"),
        ("control", FileBytes.make("{\(FileBytes.entry("\\n", "U8", "[0]", 0, 0))}"), "control characters"),
        (
            "long name",
            FileBytes.make("{\(FileBytes.entry(String(repeating: "n", count: 4_097), "U8", "[0]", 0, 0))}"),
            "4097 bytes"
        ),
    ]) func acceptsWithAWarning(what: String, bytes: [UInt8], words: String) throws {
        #expect(throws: TensorFileError.self) { try parse(bytes) }
        let header = try parse(bytes, .lenient)
        #expect(header.tensors.count == 1)
        #expect(header.findings.contains { $0.severity == .warning && $0.description.contains(words) })
        try withFile(bytes) { path in
            let file = try SafetensorsFile(path, strictness: .lenient)
            #expect(file.warnings.contains { $0.contains(words) })
        }
    }

    @Test func lastOfDoubledMetadataKeysCounts() throws {
        let text = "{\"__metadata__\":{\"a\":\"1\",\"b\":\"2\",\"\\u0061\":\"3\"}}"
        let header = try parse(FileBytes.make(text), .lenient)
        #expect(header.metadata.map(\.key) == ["a", "b"])
        #expect(header.metadata.map(\.value) == ["3", "2"])
        #expect(header.findings.contains { $0.severity == .warning && $0.text.contains("stands twice") })
    }

    @Test func harmIsRefusedAllTheSame() {
        let lenientToo: Set = [
            "S11 long", "S11 data without tensors", "S12 start", "S12 between", "S19", "S25 ZIP", "S25 PDF",
        ]
        for file in HostileFile.all where !lenientToo.contains(file.id) && !file.id.hasPrefix("S28") {
            #expect(failure { _ = try parse(file.bytes, .lenient) }?.kind == file.kind, "\(file.id)")
        }
    }
}
