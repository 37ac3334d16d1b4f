import Foundation
import Safetensors
import TensorFile
import TestSupport
import Testing

@Suite struct MetadataEditTests {
    private let data: [UInt8] = [1, 2, 3, 4, 5]

    /// Writes a file with metadata and `reserve` bytes of padding, and calls `body` with its path.
    private func withModel(reserve: Int, _ body: (String) throws -> Void) throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "model.safetensors").path
            let tensor = try TensorDescriptor(name: "t", type: .uint8, shape: [5])
            let metadata = [(key: "format", value: "pt")]
            let writer = try SafetensorsWriter(path, tensors: [tensor], metadata: metadata, headerReserve: reserve)
            try data.appendInChunks(of: 5, to: writer)
            try writer.finish()
            try body(path)
        }
    }

    private func inode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
    }

    @Test func fitsIntoThePadding() throws {
        try withModel(reserve: 100) { path in
            let (size, place) = (try InputFile(path).size, try inode(path))
            let new = [(key: "format", value: "np"), (key: "note", value: String(repeating: "n", count: 50))]
            #expect(try SafetensorsFile.replaceMetadata(ofFileAt: path, with: new) == .inPlace)
            let file = try SafetensorsFile(path)
            #expect(file.metadata.elementsEqual(new) { $0 == $1 })
            #expect(try file.bytes(of: file.tensors[0]) == data)
            #expect(try InputFile(path).size == size)
            #expect(try inode(path) == place)
        }
    }

    @Test func isRewrittenWhereItDoesNotFit() throws {
        try withModel(reserve: 0) { path in
            let new = [(key: "note", value: String(repeating: "n", count: 50))]
            #expect(try SafetensorsFile.replaceMetadata(ofFileAt: path, with: new) == .rewritten)
            let file = try SafetensorsFile(path)
            #expect(file.metadata.elementsEqual(new) { $0 == $1 })
            #expect(try file.bytes(of: file.tensors[0]) == data)
            #expect(
                try FileManager.default.contentsOfDirectory(
                    atPath: URL(filePath: path).deletingLastPathComponent().path
                ).count == 1
            )
        }
    }

    @Test func removalFitsAlways() throws {
        try withModel(reserve: 0) { path throws in
            #expect(try SafetensorsFile.replaceMetadata(ofFileAt: path, with: []) == .inPlace)
            #expect(try SafetensorsFile(path).metadata.isEmpty)
            #expect(try SafetensorsFile.replaceMetadata(ofFileAt: path, with: [], inPlace: false) == .rewritten)
            #expect(try SafetensorsFile(path).tensors.count == 1)
        }
    }

    @Test func orderOfTensorsIsKept() throws {
        // Small types first, as older writers have it: a rewrite must not move the data.
        let entries = [FileBytes.entry("a", "U8", "[1]", 0, 1), FileBytes.entry("b", "F32", "[1]", 1, 5)]
        try withFile(FileBytes.make(Array("{\(entries.joined(separator: ","))}".utf8), data: data)) { path in
            for value in ["short", String(repeating: "long", count: 100)] {
                try SafetensorsFile.replaceMetadata(ofFileAt: path, with: [("k", value)])
                let file = try SafetensorsFile(path)
                #expect(file.tensors.map(\.name) == ["a", "b"])
                #expect(try file.bytes(of: file.tensors[1]) == Array(data.dropFirst()))
            }
        }
    }

    @Test func refusalsLeaveTheFileAlone() throws {
        try withModel(reserve: 0) { path in
            let before = try Data(contentsOf: URL(filePath: path))
            let doubled = [(key: "k", value: "1"), (key: "k", value: "2")]
            #expect(failure { try SafetensorsFile.replaceMetadata(ofFileAt: path, with: doubled) }?.kind == .duplicate)
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
            try (before + Data([0])).write(to: URL(filePath: path))
            #expect(failure { try SafetensorsFile.replaceMetadata(ofFileAt: path, with: []) }?.kind == .gap)
        }
    }
}

@Suite struct StructureFindingTests {
    @Test func alignmentIsNoted() throws {
        let entries = [FileBytes.entry("a", "U8", "[1]", 0, 1), FileBytes.entry("b", "F32", "[1]", 1, 5)]
        let header = try parse(FileBytes.make("{\(entries.joined(separator: ","))}".paddedTo8, zeros: 5))
        let findings = header.structureFindings()
        #expect(findings.map(\.severity) == [.note])
        #expect(findings[0].description == "tensor \"b\": 1 tensors are not aligned to their values, the first of F32")
    }

    @Test func soundFilesHaveNone() throws {
        let header = try parse(FileBytes.make("{\(FileBytes.entry("t", "F32", "[1]", 0, 4))}".paddedTo8, zeros: 4))
        #expect(header.structureFindings().isEmpty)
    }

    @Test func everyGapAndTheTailAreListedAfterLenientReading() throws {
        let entries = [
            FileBytes.entry("a", "U8", "[1]", 2, 3), FileBytes.entry("b", "U8", "[1]", 5, 6),
        ]
        let header = try parse(FileBytes.make("{\(entries.joined(separator: ","))}".paddedTo8, zeros: 9), .lenient)
        #expect(header.structureFindings().map(\.severity) == [.warning, .warning, .warning])
    }
}
