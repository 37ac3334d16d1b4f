import Foundation
import Safetensors
import TensorFile
import TestSupport
import Testing

/// Files written by the reference library (see `make_safetensors.py` beside them): read with the right values, written
/// again with the same bytes.
@Suite struct GoldenFileTests {
    private static let folder = TestFiles.root.appending(path: "Tests/Golden/Safetensors")

    /// The values that the script gave the tensor.
    private func values(of tensor: TensorDescriptor) -> [UInt8] {
        let start = tensor.name.utf8.reduce(0) { $0 + Int($1) }
        return (0..<tensor.byteCount).map { UInt8(truncatingIfNeeded: start + 31 * $0) }
    }

    private func checkValues(_ source: some TensorSource) throws {
        for tensor in source.tensors {
            var read: [UInt8] = []
            try source.stream(tensor, chunkBytes: 16) { read += $0 }
            #expect(read == values(of: tensor), "\(tensor.name)")
        }
    }

    @Test(arguments: ["every-type", "names", "shapes", "nothing", "metadata-only"])
    func isReadAndWrittenAgainByteForByte(name: String) throws {
        let golden = Self.folder.appending(path: "\(name).safetensors")
        let file = try SafetensorsFile(golden.path)
        #expect(file.warnings.isEmpty)
        try checkValues(file)
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "copy.safetensors").path
            let writer = try SafetensorsWriter(path, tensors: file.tensors.reversed(), metadata: file.metadata)
            for tensor in writer.order { try values(of: tensor).appendInChunks(of: 5, to: writer) }
            try writer.finish()
            #expect(try Data(contentsOf: URL(filePath: path)) == Data(contentsOf: golden))
        }
    }

    @Test func namesAndMetadataComeThrough() throws {
        let file = try SafetensorsFile(Self.folder.appending(path: "names.safetensors").path)
        let names = ["\"\\", "../a", "Z", "a.b/c d", "e\u{301}", "z", "\u{e9}", "漢字", "🙂"]
        #expect(file.tensors.map { Array($0.name.utf8) } == names.map { Array($0.utf8) })
        #expect(file.metadata.map(\.key) == ["é\n"])
        #expect(file.metadata.map(\.value) == ["\u{1f}\""])
        #expect(try SafetensorsFile(Self.folder.appending(path: "metadata-only.safetensors").path).metadata.count == 1)
    }

    @Test func everyTypeThatTheReferenceCanWriteIsThere() throws {
        let file = try SafetensorsFile(Self.folder.appending(path: "every-type.safetensors").path)
        let missing = Set(SafetensorsFormat.elementTypes).subtracting(file.tensors.map(\.type))
        #expect(missing == [.float6E2M3, .float6E3M2])
        #expect(file.tensors.allSatisfy { $0.shape == [2, 4] })
    }

    @Test func shardsAreReadAndWrittenAgainByteForByte() throws {
        let golden = Self.folder.appending(path: "sharded")
        let checkpoint = try ShardedSafetensors(golden.appending(path: "model.safetensors.index.json").path)
        #expect(checkpoint.warnings.isEmpty)
        try checkValues(checkpoint)
        try TestFiles.withTemporaryFolder { folder in
            // The order in which the script gave them to the library.
            let tensors = try ["c", "a", "large", "b", "d"].map { try #require(checkpoint.tensor(named: $0)) }
            let writer = try ShardedSafetensorsWriter(
                folder.appending(path: "model.safetensors").path,
                tensors: tensors,
                metadata: checkpoint.metadata,
                maximumShardSize: 10
            )
            for tensor in writer.order { try values(of: tensor).appendInChunks(of: 5, to: writer) }
            try writer.finish()
            let files = try FileManager.default.contentsOfDirectory(atPath: golden.path).sorted()
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == files)
            for file in files where !file.hasSuffix(".json") {
                let (ours, theirs) = (folder.appending(path: file), golden.appending(path: file))
                #expect(try Data(contentsOf: ours) == Data(contentsOf: theirs), "\(file)")
            }
            let copy = try ShardedSafetensors(folder.appending(path: "model.safetensors.index.json").path)
            #expect(copy.index.totalSize == checkpoint.index.totalSize)
            #expect(copy.tensors == checkpoint.tensors)
        }
    }
}

/// Files of other writers, where the reference data is at hand.
@Suite struct ForeignWriterTests {
    @Test(arguments: [
        ("burn-multi_layer", 9), ("float16-model", 1), ("float32-model", 1), ("int8-model", 1),
        ("st-tensor-1d-int32", 1),
        ("st-tensor-2d-float64", 1), ("st-tensor-3d-float32", 1), ("st-tensor-4d-float32", 1),
    ]) func isReadStrictlyAndCopied(name: String, count: Int) throws {
        guard let url = TestFiles.reference("conformance/safetensors/\(name).safetensors") else { return }
        let file = try SafetensorsFile(url.path)
        #expect(file.tensors.count == count)
        #expect(file.warnings.isEmpty)
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "copy.safetensors").path
            let writer = try SafetensorsWriter(path, tensors: file.tensors, metadata: file.metadata)
            for tensor in writer.order { try file.stream(tensor, chunkBytes: 1 << 16) { try writer.append($0) } }
            try writer.finish()
            let copy = try SafetensorsFile(path)
            #expect(Set(copy.tensors) == Set(file.tensors))
            for tensor in file.tensors { #expect(try copy.bytes(of: tensor) == file.bytes(of: tensor)) }
        }
    }
}
