import Foundation
import NumPy
import TensorFile
import TestSupport
import Testing

@Suite struct WriterTests {
    @Test(arguments: ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"])
    func writesNumPysBytes(code: String) throws {
        let golden = Fixtures.golden("little-\(code).npy")
        let source = try NumPyArrayFile(golden)
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "out.npy").path
            let writer = try NumPyArrayWriter(path, tensor: source.tensor, replacing: false)
            try writer.append(Fixtures.goldenArray(source.tensor), chunkBytes: 5)
            try writer.finish()
            #expect(try Data(contentsOf: URL(filePath: path)) == Data(contentsOf: URL(filePath: golden)))
        }
    }

    @Test(arguments: ["scalar.npy", "empty.npy"]) func writesNumPysBytesOfOddShapes(name: String) throws {
        let source = try NumPyArrayFile(Fixtures.golden(name))
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "out.npy").path
            let writer = try NumPyArrayWriter(path, tensor: source.tensor, replacing: false)
            try writer.append(Fixtures.goldenArray(source.tensor))
            try writer.finish()
            #expect(
                try Data(contentsOf: URL(filePath: path))
                    == Data(contentsOf: URL(filePath: Fixtures.golden(name)))
            )
        }
    }

    private static let compressions: [NumPyCompression] = [
        .stored, .deflate(), .deflate(level: 1), .zstd(), .zstd(level: 19),
    ]

    @Test(arguments: compressions) func roundTripsArchives(compression: NumPyCompression) throws {
        let source = try NumPyArchive(Fixtures.golden("stored.npz"))
        try TestFiles.withTemporaryFolder { folder in
            var outputs: [Data] = []
            for (name, chunk) in [("one.npz", 1 << 20), ("two.npz", 3)] {
                let path = folder.appending(path: name).path
                let writer = try NumPyArchiveWriter(
                    path,
                    tensors: source.tensors,
                    compression: compression,
                    replacing: false
                )
                for tensor in writer.order { try writer.append(Fixtures.goldenArray(tensor), chunkBytes: chunk) }
                #expect(!FileManager.default.fileExists(atPath: path))
                try writer.finish()
                outputs.append(try Data(contentsOf: URL(filePath: path)))
                let archive = try NumPyArchive(path, options: NumPyOptions(strictness: .strict))
                #expect(archive.tensors == source.tensors)
                for tensor in archive.tensors {
                    #expect(try archive.bytes(of: tensor) == Fixtures.goldenArray(tensor))
                    if let place = archive.location(of: tensor) { #expect(place.offset % 64 == 0) }
                }
            }
            // zstd's result may depend on how its input is cut; ours must not.
            if case .zstd = compression { return }
            #expect(outputs[0] == outputs[1])
        }
    }

    @Test func packsLongMembersInBlocks() throws {
        // A load of sixteen blocks and a little, once compressible and once not.
        let count = (4 << 20) + 12_345
        var state: UInt64 = 42
        let noise = (0..<count).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        let steps = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 1_000) }
        for (bytes, length) in [(noise, count), (steps, count), (noise, 4 << 20), (steps, 1)] {
            try TestFiles.withTemporaryFolder { folder in
                let path = folder.appending(path: "long.npz").path
                let tensor = try TensorDescriptor(name: "t", type: .uint8, shape: [length])
                let writer = try NumPyArchiveWriter(
                    path,
                    tensors: [tensor],
                    compression: .deflate(level: 1),
                    replacing: false
                )
                try writer.append(Array(bytes.prefix(length)), chunkBytes: 1_000_003)
                try writer.finish()
                let archive = try NumPyArchive(path)
                #expect(try archive.bytes(of: tensor) == Array(bytes.prefix(length)))
            }
        }
    }

    @Test func refusesTypesThatNumPyLacks() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "out.npy").path
            let brain = try TensorDescriptor(name: "w", type: .bfloat16, shape: [3, 5])
            let refused = try Fixtures.failure { _ = try NumPyArrayWriter(path, tensor: brain, replacing: false) }
            #expect(refused?.kind == .unsupported)
            #expect(refused?.remedy.contains("--dtype f16") == true)
            let writer = try NumPyArrayWriter(path, tensor: brain, missingTypes: .voidBytes, replacing: false)
            try writer.append(Fixtures.goldenArray(brain))
            try writer.finish()
            #expect(
                try Data(contentsOf: URL(filePath: path))
                    == Data(contentsOf: URL(filePath: Fixtures.golden("bfloat16.npy")))
            )
            let quantised = try TensorDescriptor(name: "q", type: .q4_0, shape: [32])
            for choice in [NumPyMissingTypes.refuse, .voidBytes] {
                let error = try Fixtures.failure {
                    _ = try NumPyArchiveWriter(path, tensors: [quantised], missingTypes: choice, replacing: true)
                }
                #expect(error?.kind == .unsupported)
            }
        }
    }

    @Test func demandsExactlyTheDeclaredBytes() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "out.npz").path
            let tensor = try TensorDescriptor(name: "t", type: .int16, shape: [2])
            let short = try NumPyArchiveWriter(path, tensors: [tensor], replacing: false)
            try short.append([1, 2, 3])
            #expect(try Fixtures.failure { try short.append([4, 5]) }?.kind == .mismatch)
            #expect(try Fixtures.failure { try short.finish() }?.kind == .mismatch)
            let long = try NumPyArchiveWriter(path, tensors: [tensor], replacing: false)
            try long.append([1, 2, 3, 4])
            #expect(try Fixtures.failure { try long.append([5]) }?.kind == .mismatch)
            let single = try NumPyArrayWriter(path, tensor: tensor, replacing: false)
            #expect(try Fixtures.failure { try single.append([1, 2, 3, 4, 5]) }?.kind == .mismatch)
            #expect(try Fixtures.failure { try single.finish() }?.kind == .mismatch)
        }
    }

    @Test func refusesUnfitNames() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "out.npz").path
            let names = ["../x", "/x", "a\\b", "C:x", "a\0b", String(repeating: "n", count: 5_000)]
            for name in names {
                let tensor = try TensorDescriptor(name: name, type: .int8, shape: [0])
                let error = try Fixtures.failure {
                    _ = try NumPyArchiveWriter(path, tensors: [tensor], replacing: false)
                }
                #expect(error?.kind == .unsupported, "\(name.prefix(9))")
            }
            let twice = try TensorDescriptor(name: "x", type: .int8, shape: [0])
            let error = try Fixtures.failure {
                _ = try NumPyArchiveWriter(path, tensors: [twice, twice], replacing: false)
            }
            #expect(error?.kind == .duplicate)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }

    @Test(arguments: [NumPyCompression.deflate(level: 0), .deflate(level: 10), .zstd(level: 0), .zstd(level: 20)])
    func refusesLevelsThatDoNotExist(compression: NumPyCompression) throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "out.npz").path
            let error = try Fixtures.failure {
                _ = try NumPyArchiveWriter(path, tensors: [], compression: compression, replacing: false)
            }
            #expect(error?.kind == .value)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }
}
