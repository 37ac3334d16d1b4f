import Foundation
import Safetensors
import TensorFile
import TestSupport
import Testing

@Suite struct ShardedReadingTests {
    private let a = FileBytes.make("{\(FileBytes.entry("a", "U8", "[2]", 0, 2))}", zeros: 2)
    private let b = FileBytes.make(
        "{\"__metadata__\":{\"k\":\"b\"},\(FileBytes.entry("b", "U8", "[3]", 0, 3))}",
        zeros: 3
    )

    /// Opens the checkpoint of `index` and `files` in a fresh folder.
    private func open(
        _ index: String,
        _ files: [String: [UInt8]],
        _ strictness: Strictness = .strict
    ) throws -> ShardedSafetensors {
        try TestFiles.withTemporaryFolder { folder in
            for (name, bytes) in files { try Data(bytes).write(to: folder.appending(path: name)) }
            let path = folder.appending(path: "model.safetensors.index.json")
            try Data(index.utf8).write(to: path)
            return try ShardedSafetensors(path.path, strictness: strictness)
        }
    }

    /// An index with the right total size for `a` and `b`.
    private func index(_ weightMap: String, total: String = "5") -> String {
        "{\"metadata\":{\"total_size\":\(total)},\"weight_map\":{\(weightMap)}}"
    }

    @Test func readsTensorsThroughTheIndex() throws {
        let names = ["diffusion_pytorch_model-2.safetensors": b, "adapter_model.safetensors": a]
        let map = "\"b\":\"diffusion_pytorch_model-2.safetensors\",\"a\":\"adapter_model.safetensors\""
        let checkpoint = try open(index(map), names)
        #expect(checkpoint.tensors.map(\.name) == ["a", "b"])
        #expect(checkpoint.index.shards == ["adapter_model.safetensors", "diffusion_pytorch_model-2.safetensors"])
        #expect(checkpoint.index.shard(ofTensorNamed: "b") == "diffusion_pytorch_model-2.safetensors")
        #expect(checkpoint.metadata.map(\.value) == ["b"])
        #expect(checkpoint.warnings.isEmpty)
        let tensor = try #require(checkpoint.tensor(named: "b"))
        var count = 0
        try checkpoint.stream(tensor, chunkBytes: 2) { count += $0.count }
        #expect(count == 3)
        #expect(checkpoint.location(of: tensor)?.byteCount == 3)
        #expect(checkpoint.tensor(named: "c") == nil)
        let stranger = try TensorDescriptor(name: "c", type: .uint8, shape: [])
        #expect(checkpoint.location(of: stranger) == nil)
        #expect(failure { try checkpoint.stream(stranger, chunkBytes: 2) { _ in } }?.kind == .missing)
    }

    @Test(arguments: [
        "../../etc/x", "/etc/passwd", "a/b", "..", ".", "", "a\\\\b", "a\\u0000b", String(repeating: "n", count: 256),
    ]) func X01_onlyPlainFileNames(file: String) {
        let error = failure { _ = try open(index("\"a\":\"\(file)\""), ["a.safetensors": a]) }
        #expect(error?.kind == .malformed)
        #expect(error?.place == "index, weight_map, tensor \"a\"")
        #expect(error?.cause.contains("no plain file name") == true)
    }

    @Test func X01_linksThatLeadOutAreJudgedByTheirName() throws {
        // Download caches are folders of such links.
        try TestFiles.withTemporaryFolder { folder in
            let snapshot = folder.appending(path: "snapshot")
            try FileManager.default.createDirectory(at: snapshot, withIntermediateDirectories: true)
            try Data(a).write(to: folder.appending(path: "blob"))
            try FileManager.default.createSymbolicLink(
                atPath: snapshot.appending(path: "a.safetensors").path,
                withDestinationPath: "../blob"
            )
            let path = snapshot.appending(path: "model.safetensors.index.json")
            try Data(index("\"a\":\"a.safetensors\"", total: "2").utf8).write(to: path)
            let checkpoint = try ShardedSafetensors(path.path)
            #expect(checkpoint.tensors.count == 1)
            #expect(checkpoint.warnings.isEmpty)
        }
    }

    @Test func X02_missingShardsAreNamed() {
        let map = "\"a\":\"a.safetensors\",\"b\":\"b.safetensors\",\"c\":\"c.safetensors\""
        let error = failure { _ = try open(index(map), ["a.safetensors": a]) }
        #expect(error?.kind == .missing)
        #expect(error?.cause == "missing shards: b.safetensors, c.safetensors")
    }

    @Test func X02_unlistedShardIsAWarning() throws {
        let checkpoint = try open(
            index("\"a\":\"a.safetensors\"", total: "2"),
            ["a.safetensors": a, "b.safetensors": b]
        )
        #expect(checkpoint.warnings == ["b.safetensors: the index does not name this file"])
    }

    @Test func X03_indexAndShardsMustAgree() throws {
        let files = ["a.safetensors": a, "b.safetensors": b]
        let missing = failure {
            _ = try open(index("\"a\":\"a.safetensors\",\"x\":\"b.safetensors\""), files)
        }
        #expect(missing?.kind == .mismatch)
        #expect(missing?.cause.contains("only in the index: x; only in the shards: b") == true)
        let swapped = failure { _ = try open(index("\"b\":\"a.safetensors\",\"a\":\"b.safetensors\""), files) }
        #expect(swapped?.cause.contains("in another shard than the index says: a, b") == true)
    }

    @Test func X03_longListsAreCut() {
        let map = (10..<40).map { "\"x\($0)\":\"a.safetensors\"" }.joined(separator: ",")
        let error = failure { _ = try open(index(map), ["a.safetensors": a]) }
        #expect(error?.cause.contains("x10, x11, x12, x13, x14, x15, x16, x17, x18, x19 and 20 more;") == true)
    }

    @Test func X03_lenientReadingKeepsUnlistedTensors() throws {
        let two = FileBytes.make(
            "{\(FileBytes.entry("a", "U8", "[2]", 0, 2)),\(FileBytes.entry("extra", "U8", "[1]", 2, 3))}",
            zeros: 3
        )
        let map = index("\"a\":\"a.safetensors\"", total: "3")
        #expect(failure { _ = try open(map, ["a.safetensors": two]) }?.kind == .mismatch)
        let checkpoint = try open(map, ["a.safetensors": two], .lenient)
        #expect(checkpoint.tensor(named: "extra") != nil)
        #expect(checkpoint.warnings == ["index: only in the shards: extra"])
        let absent = index("\"a\":\"a.safetensors\",\"b\":\"a.safetensors\"")
        #expect(failure { _ = try open(absent, ["a.safetensors": a], .lenient) }?.kind == .mismatch)
    }

    @Test func X04_tensorInTwoShards() {
        let error = failure {
            let both = FileBytes.make(
                "{\(FileBytes.entry("b", "U8", "[3]", 0, 3)),\(FileBytes.entry("a", "U8", "[1]", 3, 4))}",
                zeros: 4
            )
            _ = try open(
                index("\"a\":\"a.safetensors\",\"b\":\"b.safetensors\""),
                ["a.safetensors": a, "b.safetensors": both]
            )
        }
        #expect(error?.kind == .duplicate)
        #expect(error?.cause == "it stands in two shards, a.safetensors and b.safetensors")
    }

    @Test(arguments: [
        ("{\"metadata\":{\"total_size\":3},", "total_size is 3, the shards hold 2"),
        ("{\"metadata\":{\"total_size\":2.0},", "no usable total_size"),
        ("{\"metadata\":{\"total_size\":\"2\"},", "no usable total_size"),
        ("{\"metadata\":{\"total_size\":-1},", "no usable total_size"),
        ("{\"metadata\":{},", "no usable total_size"), ("{\"metadata\":null,", "no usable total_size"),
        ("{", "no usable total_size"),
    ]) func X05_wrongTotalSizeIsAWarning(start: String, words: String) throws {
        let checkpoint = try open(start + "\"weight_map\":{\"a\":\"a.safetensors\"}}", ["a.safetensors": a])
        #expect(checkpoint.warnings.count == 1)
        #expect(checkpoint.warnings.first?.contains(words) == true)
    }

    @Test func X06_hugeIndexIsRefusedUnread() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "model.safetensors.index.json").path
            #expect(FileManager.default.createFile(atPath: path, contents: Data("{".utf8)))
            for size in [500_000_000, SafetensorsIndex.byteLimit + 1] {
                #expect(truncate(path, size) == 0)
                let error = failure { _ = try ShardedSafetensors(path) }
                #expect(error?.kind == .limit)
                #expect(error?.cause.contains("index too large: \(size) bytes") == true)
            }
            #expect(truncate(path, SafetensorsIndex.byteLimit) == 0)
            #expect(failure { _ = try ShardedSafetensors(path) }?.kind == .malformed)
        }
    }

    @Test(arguments: [
        ("{\"weight_map\":[]}", TensorFileError.Kind.malformed, "an object expected, not an array"),
        ("{\"weight_map\":{\"a\":1}}", .malformed, "a file name expected, not a number"),
        ("{\"weight_map\":{\"a\":null}}", .malformed, "a file name expected, not null"),
        ("{\"metadata\":{}}", .malformed, "weight_map is missing"),
        ("{\"weight_map\":{},\"weight_map\":{}}", .duplicate, "it stands twice"),
        ("{\"weight_map\":{\"a\":\"x\",\"\\u0061\":\"x\"}}", .duplicate, "the tensor stands twice"),
        ("[]", .malformed, "an object expected"), ("", .malformed, "malformed JSON"),
        ("{\"weight_map\":{}", .malformed, "malformed JSON"),
        ("{\"weight_map\":{}}x", .malformed, "text after the end"),
        ("{\"x\":" + String(repeating: "[", count: 1_000), .limit, "nesting deeper"),
        ("version https://git-lfs.github.com/spec/v1\n", .foreign, "this is a Git LFS pointer"),
        ("<html>", .foreign, "this is an HTML page"),
    ]) func X07_malformedIndex(text: String, kind: TensorFileError.Kind, words: String) {
        let error = failure { _ = try open(text, [:]) }
        #expect(error?.kind == kind)
        #expect(error?.cause.contains(words) == true, "\(error?.cause ?? "accepted")")
        #expect(error?.file.hasSuffix("model.safetensors.index.json") == true)
    }

    @Test func errorsOfAShardNameTheShard() {
        let error = failure { _ = try open(index("\"a\":\"a.safetensors\""), ["a.safetensors": Array(a.dropLast())]) }
        #expect(error?.kind == .truncated)
        #expect(error?.file.hasSuffix("/a.safetensors") == true)
    }

    @Test func everyPrefixOfAnIndexIsRefused() throws {
        let text = Array(index("\"a\\u00e9\":\"a.safetensors\",\"b\":\"b.safetensors\"").utf8)
        #expect(try SafetensorsIndex(parsing: text.span).shards.count == 2)
        for count in 0..<text.count {
            #expect(throws: TensorFileError.self) { try SafetensorsIndex(parsing: Array(text[..<count]).span) }
        }
        for position in text.indices {
            for value in [UInt8](0...255) {
                var flipped = text
                flipped[position] = value
                guard let parsed = try? SafetensorsIndex(parsing: flipped.span) else { continue }
                #expect(parsed.shards.allSatisfy { !$0.contains("/") })
            }
        }
    }
}
