import Foundation
import Safetensors
import TensorFile
import TestSupport
import Testing

@Suite struct WriterTests {
    /// Writes `tensors`, whose bytes are `bytes` in the writer's order, and returns the file's bytes.
    private func written(
        _ tensors: [TensorDescriptor],
        _ bytes: [UInt8],
        metadata: [(key: String, value: String)] = [],
        chunk: Int = .max
    ) throws -> [UInt8] {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "out.safetensors").path
            let writer = try SafetensorsWriter(path, tensors: tensors, metadata: metadata)
            try bytes.appendInChunks(of: chunk, to: writer)
            #expect(!FileManager.default.fileExists(atPath: path))
            try writer.finish()
            return Array(try Data(contentsOf: URL(filePath: path)))
        }
    }

    @Test func oneTensorIsWrittenAsTheReferenceWritesIt() throws {
        let tensor = try TensorDescriptor(name: "test", type: .int32, shape: [2, 2])
        let bytes = try written([tensor], [UInt8](repeating: 0, count: 16))
        let header = "{\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}"
        #expect(bytes == FileBytes.make(header.paddedTo8, zeros: 16))
    }

    @Test func subByteTensorIsWrittenAsTheReferenceWritesIt() throws {
        let tensor = try TensorDescriptor(name: "attn.0", type: .float4, shape: [1, 2])
        let header = "{\"attn.0\":{\"dtype\":\"F4\",\"shape\":[1,2],\"data_offsets\":[0,1]}}"
        #expect(try written([tensor], [0x21]) == FileBytes.make(Array(header.paddedTo8.utf8), data: [0x21]))
    }

    @Test func nothingIsWrittenAsTheReferenceWritesIt() throws {
        #expect(try written([], []) == FileBytes.make("{}      "))
        let metadata = [("framework", "pt"), ("b", "1"), ("a", "\u{1}\"\n")].map { (key: $0.0, value: $0.1) }
        let header = "{\"__metadata__\":{\"framework\":\"pt\",\"b\":\"1\",\"a\":\"\\u0001\\\"\\n\"}}"
        #expect(try written([], [], metadata: metadata) == FileBytes.make(header.paddedTo8))
    }

    @Test(arguments: [(12, 12), (4, 6)]) func filesOfTheShapeOfGPT2(layers: Int, heads: Int) throws {
        // Heads of 2 instead of 64 values, and 100 tokens: the names and proportions are what matters.
        let width = heads * 2
        var shapes: [(name: String, shape: [Int])] = [
            ("wte", [100, width]), ("wpe", [20, width]), ("ln_f.weight", [width]), ("ln_f.bias", [width]),
        ]
        for layer in 0..<layers {
            for (part, columns) in [("attn.c_attn", 3 * width), ("attn.c_proj", width), ("mlp.c_fc", 4 * width)] {
                shapes.append(("h.\(layer).\(part).weight", [width, columns]))
                shapes.append(("h.\(layer).\(part).bias", [columns]))
            }
            shapes.append(("h.\(layer).attn.bias", [1, 1, 20, 20]))
        }
        let tensors = try shapes.map { try TensorDescriptor(name: $0.name, type: .float32, shape: $0.shape) }
        let total = tensors.reduce(0) { $0 + $1.byteCount }
        let header = try parse(try written(tensors, [UInt8](repeating: 1, count: total), chunk: 1_000))
        #expect(Set(header.tensors) == Set(tensors))
        #expect(header.dataByteCount == total)
    }

    @Test func tensorsAreOrderedByTypeThenByTheBytesOfTheirNames() throws {
        let shuffled = try SafetensorsFormat.elementTypes.reversed().flatMap { type in
            try ["z", "é", "e\u{301}", "Z"].map {
                try TensorDescriptor(name: "\($0)\(type.name)", type: type, shape: [4])
            }
        }
        let total = shuffled.reduce(0) { $0 + $1.byteCount }
        let data = (0..<total).map { UInt8(truncatingIfNeeded: $0) }
        let bytes = try written(shuffled, data, chunk: 7)
        let header = try parse(bytes)
        #expect(header.tensors.map(\.type) == SafetensorsFormat.elementTypes.flatMap { [$0, $0, $0, $0] })
        #expect(header.tensors.prefix(4).map { $0.name.prefix(1) }.elementsEqual(["Z", "e\u{301}", "z", "é"]))
        #expect(header.tensors[1].name.utf8.count == 6)
        #expect(header.length % 8 == 0)
        #expect(bytes.suffix(total) == data[...])
    }

    // S28, S29
    @Test(arguments: ["__metadata__", "", "a\u{0}b", "a\nb", "\u{7F}", "\u{85}", String(repeating: "n", count: 4_097)])
    func namesThatCannotBeReadBackAreRefused(name: String) throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "out.safetensors").path
            let tensor = try TensorDescriptor(name: name, type: .uint8, shape: [1])
            let error = failure { _ = try SafetensorsWriter(path, tensors: [tensor]) }
            #expect(error?.kind == (name.utf8.count > 4_096 ? .limit : .malformed))
            #expect(error?.file == path)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }

    @Test func misuseIsAnErrorAndLeavesNothing() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "out.safetensors").path
            let a = try TensorDescriptor(name: "a", type: .uint8, shape: [2])
            let b = try TensorDescriptor(name: "b", type: .uint8, shape: [2])
            let gguf = try TensorDescriptor(name: "c", type: .q4_0, shape: [32])
            #expect(failure { _ = try SafetensorsWriter(path, tensors: [a, a]) }?.kind == .duplicate)
            #expect(failure { _ = try SafetensorsWriter(path, tensors: [gguf]) }?.kind == .unsupported)
            #expect(
                failure { _ = try SafetensorsWriter(path, tensors: [a], metadata: [("k", "1"), ("k", "2")]) }?.kind
                    == .duplicate
            )
            do {
                let writer = try SafetensorsWriter(path, tensors: [a, b])
                try [1, 2, 3].appendInChunks(of: .max, to: writer)
                let early = failure { try writer.finish() }
                #expect(early?.kind == .mismatch)
                #expect(early?.cause.contains("tensor \"b\" is not complete: 1 bytes are missing") == true)
                #expect(failure { try [4, 5].appendInChunks(of: .max, to: writer) }?.kind == .mismatch)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }

    @Test func savingOverAFileThatIsMappedLeavesTheMappingWhole() throws {
        let old = FileBytes.make("{\(FileBytes.entry("t", "U8", "[4]", 0, 4))}", zeros: 4)
        try withFile(old) { path in
            let map = try MappedFile(InputFile(path))
            let tensor = try TensorDescriptor(name: "t", type: .uint8, shape: [4])
            let writer = try SafetensorsWriter(path, tensors: [tensor], replacing: true)
            try [9, 9, 9, 9].appendInChunks(of: 1, to: writer)
            try writer.finish()
            #expect(Array(map.buffer) == old)
            #expect(try SafetensorsFile(path).bytes(of: tensor) == [9, 9, 9, 9])
        }
    }

    @Test func headersOverTheLimitAreRefused() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "out.safetensors").path
            for reserve in [SafetensorsFormat.headerLengthLimit - 1, .max] {
                #expect(
                    failure { _ = try SafetensorsWriter(path, tensors: [], headerReserve: reserve) }?.kind == .limit
                )
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(left.isEmpty)
        }
    }

    @Test func headerReserveIsPadding() throws {
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "out.safetensors").path
            try SafetensorsWriter(path, tensors: [], headerReserve: 100).finish()
            #expect(try SafetensorsFile(path).header.length == 104)
        }
    }

    @Test func roundTripsKeepEverything() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("round trips: seed \(seed)")
        var random = SplitMix(state: seed)
        for _ in 0..<100 {
            let tensors = try (0..<Int.random(in: 0...12, using: &random)).map { index in
                let type = SafetensorsFormat.elementTypes.randomElement(using: &random) ?? .float32
                let rank = Int.random(in: 0...3, using: &random)
                // A multiple of 4 at the end makes whole bytes of every sub-byte type.
                let shape = (0..<rank).map { _ in Int.random(in: 0...5, using: &random) } + [4]
                let alphabet = ["a", ".", "/", " ", "\"", "\\", "é", "e\u{301}", "漢", "🙂"]
                let name = (0..<8).map { _ in alphabet.randomElement(using: &random) ?? "" }.joined() + "\(index)"
                return try TensorDescriptor(name: name, type: type, shape: shape)
            }
            let data = (0..<tensors.reduce(0) { $0 + $1.byteCount }).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let metadata = (0..<Int.random(in: 0...3, using: &random)).map { (key: "k\($0)", value: "v\u{1F}\n\($0)") }
            try TestFiles.withTemporaryFolder { folder in
                let path = folder.appending(path: "out.safetensors").path
                let writer = try SafetensorsWriter(path, tensors: tensors, metadata: metadata)
                try data.appendInChunks(of: Int.random(in: 1...64, using: &random), to: writer)
                try writer.finish()
                let file = try SafetensorsFile(path)
                #expect(Set(file.tensors) == Set(tensors))
                #expect(file.metadata.elementsEqual(metadata) { $0 == $1 })
                #expect(file.warnings.isEmpty)
                var read: [UInt8] = []
                for tensor in file.tensors {
                    let chunk = Int.random(in: 1...32, using: &random)
                    try file.stream(tensor, chunkBytes: chunk) { bytes in
                        #expect(bytes.count % tensor.type.geometry.bytes == 0)
                        #expect(bytes.count <= max(chunk, tensor.type.geometry.bytes))
                        read.append(contentsOf: bytes)
                    }
                }
                #expect(read == data)
            }
        }
    }
}

extension [UInt8] {
    /// Appends the bytes to `sink` in chunks of at most `count`.
    func appendInChunks(of count: Int, to sink: some TensorSink) throws {
        try withUnsafeBytes { buffer in
            var start = 0
            while start < buffer.count {
                let end = start + Swift.min(count, buffer.count - start)
                try sink.append(UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
                start = end
            }
        }
    }
}

extension String {
    /// The text with spaces up to a multiple of 8 bytes.
    var paddedTo8: String { self + String(repeating: " ", count: (8 - utf8.count % 8) % 8) }
}

/// SplitMix64: a fixed algorithm, so that a printed seed repeats a failure anywhere.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
