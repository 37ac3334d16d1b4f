import Foundation
import GGUF
import TensorFile
import TestSupport
import Testing

@Suite struct WriterTests {
    private func tensor(_ name: String, _ shape: [Int] = [4], _ type: ElementType = .int8) throws -> TensorDescriptor {
        try TensorDescriptor(name: name, type: type, shape: shape)
    }

    private func writing(
        _ tensors: [TensorDescriptor],
        _ metadata: GGUFMetadata = GGUFMetadata(),
        maximumShardBytes: Int? = nil,
        _ body: (GGUFWriter) throws -> Void = { _ in }
    ) throws -> (error: TensorFileError?, files: [String]) {
        try TestFiles.withTemporaryFolder { folder in
            let error = failure {
                let writer = try GGUFWriter(
                    folder.appending(path: "out.gguf").path,
                    metadata: metadata,
                    tensors: tensors,
                    maximumShardBytes: maximumShardBytes
                )
                try body(writer)
                try writer.finish()
            }
            return (error, try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted())
        }
    }

    @Test func refusesWhatOtherReadersRefuse() throws {
        var nested = GGUFMetadata()
        var file = GGUFBytes()
        file.add("a", type: 9, file.number(UInt32(9)) + file.number(UInt64(0)))
        nested["a"] = try GGUFHeader(parsing: file.bytes).metadata["a"]
        var key = GGUFMetadata()
        key["schlüssel"] = .uint8(1)
        var empty = GGUFMetadata()
        empty[""] = .uint8(1)
        let cases: [(String, [TensorDescriptor], GGUFMetadata, TensorFileError.Kind, String)] = [
            ("64 bytes", [try tensor(String(repeating: "n", count: 64))], GGUFMetadata(), .limit, "this one has 64"),
            ("empty", [try tensor("")], GGUFMetadata(), .limit, "1 to 63 bytes"),
            ("NUL", [try tensor("a\0")], GGUFMetadata(), .limit, "control characters"),
            ("twice", [try tensor("a"), try tensor("a")], GGUFMetadata(), .duplicate, "two tensors"),
            ("rank 5", [try tensor("a", [1, 1, 1, 1, 1])], GGUFMetadata(), .limit, "5 dimensions"),
            ("U8", [try tensor("a", [1], .uint8)], GGUFMetadata(), .unsupported, "cannot hold values of type U8"),
            ("nested", [], nested, .unsupported, "arrays of arrays"),
            ("key", [], key, .malformed, "ASCII"),
            ("no key", [], empty, .malformed, "ASCII"),
        ]
        for (what, tensors, metadata, kind, words) in cases {
            let (error, files) = try writing(tensors, metadata)
            #expect(error?.kind == kind, "\(what)")
            #expect(error?.description.contains(words) == true, "\(what): \(error?.description ?? "accepted")")
            #expect(files.isEmpty)
        }
        #expect(try writing([tensor(String(repeating: "n", count: 63), [0])]).error == nil)
    }

    @Test(arguments: [GGUFValue.uint32(4), .uint32(24), .uint32(1 << 21), .uint64(32), .uint32(0)])
    func refusesOddAlignments(value: GGUFValue) throws {
        var metadata = GGUFMetadata()
        metadata[.alignment] = value
        #expect(try writing([], metadata).error?.kind == .unsupported)
    }

    @Test func demandsEveryByte() throws {
        let tensors = [try tensor("a"), try tensor("b")]
        let early = try writing(tensors) { writer in try [1, 2, 3, 4, 5].withUnsafeBytes(writer.append) }
        #expect(early.error?.kind == .mismatch)
        let short = try writing(tensors) { writer in try [UInt8](1...4).withUnsafeBytes(writer.append) }
        #expect(short.error?.cause == "4 bytes are missing at the end")
        let long = try writing(tensors) { writer in
            for _ in 0..<3 { try [UInt8](1...4).withUnsafeBytes(writer.append) }
        }
        #expect(long.error?.kind == .mismatch)
        for outcome in [early, short, long] { #expect(outcome.files.isEmpty) }
    }

    @Test func keepsWhatIsThere() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "out.gguf").path
            try Data([1]).write(to: URL(filePath: path))
            let error = failure { _ = try GGUFWriter(path, metadata: GGUFMetadata(), tensors: []) }
            #expect(error?.kind == .exists)
            try GGUFWriter(path, metadata: GGUFMetadata(), tensors: [], replacing: true).finish()
            #expect(try GGUFFile(path).tensors.isEmpty)
        }
    }

    @Test func emptyTensorsNeedNoBytes() throws {
        let tensors = [try tensor("a", [0]), try tensor("b", [1]), try tensor("c", [2, 0]), try tensor("d", [0])]
        let (error, files) = try writing(tensors, maximumShardBytes: 1) { writer in
            try [UInt8(7)].withUnsafeBytes(writer.append)
        }
        #expect(error == nil)
        #expect(files == ["out.gguf"])
    }

    @Test func splitsAreEachWholeAndCarryTheirAlignment() throws {
        try TestFiles.withTemporaryFolder { folder in
            var metadata = GGUFMetadata()
            metadata[.architecture] = .text("test")
            metadata[.alignment] = .uint32(64)
            metadata[.splitCount] = .uint16(9)
            let tensors = try (0..<5).map { try tensor("t\($0)", [40]) }
            let writer = try GGUFWriter(
                folder.appending(path: "m.gguf").path,
                metadata: metadata,
                tensors: tensors,
                maximumShardBytes: 80
            )
            #expect(
                writer.paths.map { URL(filePath: $0).lastPathComponent } == (1...3).map { "m-0000\($0)-of-00003.gguf" }
            )
            for index in 0..<5 { try [UInt8](repeating: UInt8(index), count: 40).withUnsafeBytes(writer.append) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { $0.hasPrefix(".") })
            try writer.finish()
            let model = try GGUFModel(writer.paths[0])
            #expect(model.files.map(\.tensors.count) == [2, 2, 1])
            #expect(model.files.map(\.header.alignment) == [64, 64, 64])
            #expect(model.metadata.entries.map(\.key) == ["general.architecture", "general.alignment"])
            for index in 0..<5 {
                #expect(try contents(model, "t\(index)") == [UInt8](repeating: UInt8(index), count: 40))
            }
            #expect(try model.structureFindings().isEmpty)
        }
    }
}
