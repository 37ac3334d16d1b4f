import Foundation
import Safetensors
import TensorFile
import TestSupport
import Testing

@Suite struct ShardedWritingTests {
    private func tensors(_ sizes: [Int]) throws -> [TensorDescriptor] {
        try sizes.enumerated().map { try TensorDescriptor(name: "t\($0.offset)", type: .uint8, shape: [$0.element]) }
    }

    @Test(
        arguments: [
            ([], [[]]),
            ([1, 2, 3], [["t0", "t1", "t2"]]),
            ([5, 5, 5], [["t0", "t1"], ["t2"]]),
            ([5, 6, 5], [["t0"], ["t1"], ["t2"]]),
            // A tensor above the limit stands alone, and the shard that was being filled goes on.
            ([5, 11, 5, 1], [["t1"], ["t0", "t2"], ["t3"]]),
            ([11], [["t0"]]),
            ([0, 10, 0], [["t0", "t1", "t2"]]),
        ] as [([Int], [[String]])]
    ) func plan(sizes: [Int], expected: [[String]]) throws {
        let plan = ShardedSafetensorsWriter.plan(try tensors(sizes), maximumShardSize: 10)
        #expect(plan.map { $0.map(\.name) } == expected)
    }

    @Test func writesShardsAndTheIndexAtTheEnd() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "model.safetensors").path
            let metadata = [(key: "format", value: "pt")]
            func visible() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix(".") }.sorted()
            }
            let shapes = try tensors([5, 6, 0, 11, 4])
            let writer = try ShardedSafetensorsWriter(path, tensors: shapes, metadata: metadata, maximumShardSize: 10)
            let total = writer.order.reduce(0) { $0 + $1.byteCount }
            let data = (0..<total).map { UInt8($0) }
            try data.appendInChunks(of: 4, to: writer)
            #expect(try visible() == [])
            try writer.finish()
            #expect(
                try visible() == [
                    "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors",
                    "model-00003-of-00003.safetensors", "model.safetensors.index.json",
                ]
            )

            let checkpoint = try ShardedSafetensors(path + ".index.json")
            #expect(checkpoint.warnings.isEmpty)
            #expect(checkpoint.index.totalSize == total)
            #expect(checkpoint.metadata.elementsEqual(metadata) { $0 == $1 })
            #expect(checkpoint.tensors == writer.order)
            var read: [UInt8] = []
            for tensor in checkpoint.tensors { try checkpoint.stream(tensor, chunkBytes: 3) { read += $0 } }
            #expect(read == data)
        }
    }

    @Test func indexIsWrittenAsTheHuggingFaceLibrariesWriteIt() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "m.safetensors").path
            let writer = try ShardedSafetensorsWriter(path, tensors: try tensors([2, 1]), maximumShardSize: 2)
            try [1, 2, 3].appendInChunks(of: 3, to: writer)
            try writer.finish()
            let expected = """
                {
                  "metadata": {
                    "total_size": 3
                  },
                  "weight_map": {
                    "t0": "m-00001-of-00002.safetensors",
                    "t1": "m-00002-of-00002.safetensors"
                  }
                }

                """
            #expect(try String(contentsOfFile: path + ".index.json", encoding: .utf8) == expected)
        }
    }

    @Test(arguments: [[], [3], [0]]) func oneShardIsOneFile(sizes: [Int]) throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "model.safetensors").path
            let writer = try ShardedSafetensorsWriter(path, tensors: try tensors(sizes))
            try [UInt8](repeating: 7, count: sizes.reduce(0, +)).appendInChunks(of: 2, to: writer)
            try writer.finish()
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model.safetensors"])
            #expect(try SafetensorsFile(path).tensors.count == sizes.count)
        }
    }

    @Test func misuseIsAnErrorAndLeavesNothing() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "model.safetensors").path
            let shapes = try tensors([5, 6])
            #expect(failure { _ = try ShardedSafetensorsWriter(path + ".bin", tensors: shapes) }?.kind == .malformed)
            #expect(failure { _ = try ShardedSafetensorsWriter(path, tensors: shapes + shapes) }?.kind == .duplicate)
            do {
                let writer = try ShardedSafetensorsWriter(path, tensors: shapes, maximumShardSize: 10)
                try [UInt8](repeating: 0, count: 10).appendInChunks(of: 3, to: writer)
                #expect(failure { try writer.finish() }?.kind == .mismatch)
                #expect(failure { try [0, 0].appendInChunks(of: 2, to: writer) }?.kind == .mismatch)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }

    @Test func nothingIsReplacedUnasked() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "model.safetensors").path
            try Data().write(to: folder.appending(path: "model-00002-of-00002.safetensors"))
            let shapes = try tensors([5, 6])
            let error = failure { _ = try ShardedSafetensorsWriter(path, tensors: shapes, maximumShardSize: 10) }
            #expect(error?.kind == .exists)
            let writer = try ShardedSafetensorsWriter(path, tensors: shapes, maximumShardSize: 10, replacing: true)
            try [UInt8](repeating: 0, count: 11).appendInChunks(of: 11, to: writer)
            try writer.finish()
            #expect(try ShardedSafetensors(path + ".index.json").tensors == shapes)
        }
    }
}
