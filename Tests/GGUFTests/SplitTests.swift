import Foundation
import GGUF
import TensorFile
import TestSupport
import Testing

@Suite struct SplitTests {
    /// One file of a split; keys that are nil are left out.
    private func shard(number: UInt16?, count: UInt16?, total: Int32?, tensor: String?) -> GGUFBytes {
        var file = GGUFBytes()
        if let number { file.add("split.no", type: 2, file.number(number)) }
        if let count { file.add("split.count", type: 2, file.number(count)) }
        if let total { file.add("split.tensors.count", type: 5, file.number(total)) }
        if let tensor { file.addTensor(tensor, [1], type: 24, [UInt8(number ?? 0)]) }
        return file
    }

    /// The error of opening the first of `files`, which are written under the names of a split of `named` files.
    private func openingError(_ files: [GGUFBytes?], named count: Int = 3, open: Int = 1) throws -> TensorFileError? {
        try TestFiles.withTemporaryFolder { folder in
            let prefix = folder.appending(path: "model").path
            for (index, file) in files.enumerated() {
                let name = GGUFSplitName(prefix: prefix, number: index + 1, count: count)
                try file.map { try Data($0.bytes).write(to: URL(filePath: name.path)) }
            }
            let first = GGUFSplitName(prefix: prefix, number: open, count: count)
            return failure { _ = try GGUFModel(first.path) }
        }
    }

    private func regular() -> [GGUFBytes?] {
        (0..<3).map { shard(number: UInt16($0), count: 3, total: 3, tensor: "t\($0)") }
    }

    private func replacing(_ index: Int, _ file: GGUFBytes?) -> [GGUFBytes?] {
        var files = regular()
        files[index] = file
        return files
    }

    @Test func regularSplitsAreRead() throws {
        #expect(try openingError(regular()) == nil)
        // The first file may have metadata only.
        let files =
            [shard(number: 0, count: 3, total: 2, tensor: nil)]
            + [UInt16(1), 2].map { shard(number: $0, count: 3, total: 2, tensor: "t\($0 as UInt16)") }
        #expect(try openingError(files) == nil)
        // A split of one file is no split, whatever its name.
        #expect(try openingError([shard(number: 0, count: 1, total: 1, tensor: "t")], named: 7) == nil)
    }

    // X08
    @Test func wrongNumbersAreRefused() throws {
        let cases: [(String, [GGUFBytes?], TensorFileError.Kind, String)] = [
            (
                "number", replacing(1, shard(number: 2, count: 3, total: 3, tensor: "t1")), .mismatch,
                "says that it is file 3"
            ),
            (
                "number beyond", replacing(1, shard(number: 3, count: 3, total: 3, tensor: "t1")), .value,
                "3 is outside 0 to 2"
            ),
            (
                "first number", replacing(0, shard(number: 1, count: 3, total: 3, tensor: "t0")), .mismatch,
                "it is file 2"
            ),
            (
                "count 0", replacing(0, shard(number: 0, count: 0, total: 3, tensor: "t0")), .value,
                "0 is outside 1 to 65535"
            ),
            (
                "count 65535", replacing(0, shard(number: 0, count: 65535, total: 3, tensor: "t0")), .mismatch,
                "one of 65535"
            ),
            ("later count", replacing(2, shard(number: 2, count: 4, total: 3, tensor: "t2")), .mismatch, "one of 4"),
            ("total", replacing(0, shard(number: 0, count: 3, total: 4, tensor: "t0")), .mismatch, "3 tensors here, 4"),
            ("no total", replacing(0, shard(number: 0, count: 3, total: nil, tensor: "t0")), .missing, "no such key"),
            (
                "negative total", replacing(0, shard(number: 0, count: 3, total: -1, tensor: "t0")), .value,
                "-1 is outside"
            ),
            (
                "no keys", replacing(1, shard(number: nil, count: nil, total: nil, tensor: "t1")), .mismatch,
                "does not say"
            ),
            ("missing", replacing(1, nil), .missing, "file 2 of 3: the split is not complete"),
            ("same tensor", replacing(2, shard(number: 2, count: 3, total: 3, tensor: "t0")), .duplicate, "too"),
            (
                "tensor lacking", replacing(2, shard(number: 2, count: 3, total: 3, tensor: nil)), .mismatch,
                "files have 2"
            ),
        ]
        for (what, files, kind, words) in cases {
            let found = try openingError(files)
            #expect(found?.kind == kind, "\(what)")
            #expect(found?.description.contains(words) == true, "\(what): \(found?.description ?? "accepted")")
        }
    }

    @Test func onlyTheFirstFileIsOpened() throws {
        let found = try openingError(regular(), open: 2)
        #expect(found?.kind == .mismatch)
        #expect(found?.cause == "this is file 2 of a split")
        #expect(found?.remedy.contains("model-00001-of-00003.gguf") == true)
    }

    @Test func aFirstFileOfAnotherNameIsRefused() throws {
        let file = shard(number: 0, count: 3, total: 3, tensor: "t0")
        try withFile(file.bytes) { path in
            let found = failure { _ = try GGUFModel(path) }
            #expect(found?.kind == .mismatch)
            #expect(found?.place == "file name")
        }
    }

    // X08
    @Test func sixtyFiveThousandFilesEndAtTheFirstMissing() throws {
        let found = try openingError([shard(number: 0, count: 65535, total: 1, tensor: "t0")], named: 65535)
        #expect(found?.kind == .missing)
        #expect(found?.description.contains("file 2 of 65535") == true)
    }

    // X08
    @Test func filesOfAnotherModelAreRefused() throws {
        var files = regular()
        for (index, name) in ["llama", "llama", "bert"].enumerated() { files[index]?.add("general.architecture", name) }
        let found = try openingError(files)
        #expect(found?.kind == .mismatch)
        #expect(found?.description.contains("key general.architecture: the first file has another value") == true)
    }

    @Test func names() {
        let name = GGUFSplitName("/a-00001-of-00002.gguf/m-00002-of-00017.gguf")
        #expect(name == GGUFSplitName(prefix: "/a-00001-of-00002.gguf/m", number: 2, count: 17))
        #expect(name?.sibling(1).path == "/a-00001-of-00002.gguf/m-00001-of-00017.gguf")
        for wrong in [
            "m.gguf", "m-1-of-2.gguf", "m-00003-of-00002.gguf", "m-00000-of-00002.gguf", "m-00001-of-00002", "",
            "m-00001-of-00002.gguf.part", "-00001of-00002.gguf",
        ] { #expect(GGUFSplitName(wrong) == nil, "\(wrong)") }
        #expect(GGUFSplitName("-00001-of-00001.gguf")?.prefix == "")
    }
}
