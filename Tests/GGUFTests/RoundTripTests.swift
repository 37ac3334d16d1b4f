import Foundation
import GGUF
import TensorFile
import TestSupport
import Testing

/// Random models, written and read again. A failing seed is printed with its message.
@Suite struct RoundTripTests {
    @Test(arguments: UInt64(1)...40)
    func whatIsWrittenIsRead(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let metadata = random.metadata()
        let tensors = try random.tensors()
        let contents = tensors.map { tensor in (0..<tensor.byteCount).map { _ in random.byte() } }
        let shardBytes = random.below(2) == 0 ? nil : 1 + random.below(2000)
        try TestFiles.withTemporaryFolder { folder in
            let path = folder.appending(path: "model.gguf").path
            let writer = try GGUFWriter(path, metadata: metadata, tensors: tensors, maximumShardBytes: shardBytes)
            for bytes in contents {
                var rest = bytes[...]
                while !rest.isEmpty {
                    let part = rest.prefix(1 + random.below(100))
                    try part.withUnsafeBytes(writer.append)
                    rest = rest.dropFirst(part.count)
                }
            }
            try writer.finish()
            let model = try GGUFModel(writer.paths[0])
            #expect(model.warnings.isEmpty, "seed \(seed)")
            #expect(model.tensors == tensors, "seed \(seed)")
            #expect(model.metadata.entries.map(\.key) == metadata.entries.map(\.key), "seed \(seed)")
            for entry in metadata.entries {
                #expect(isSame(model[entry.key], entry.value), "seed \(seed), key \(entry.key)")
            }
            for (tensor, bytes) in zip(tensors, contents) {
                #expect(try read(model, tensor) == bytes, "seed \(seed), tensor \(tensor.name)")
            }
            // And again: the bytes are those of the first time.
            let copy = folder.appending(path: "copy.gguf").path
            try copyModel(writer.paths[0], to: copy, maximumShardBytes: shardBytes)
            let copies = writer.paths.map { $0.replacing("model", with: "copy") }
            for (one, other) in zip(writer.paths, copies) {
                let (one, other) = (
                    try Data(contentsOf: URL(filePath: one)), try Data(contentsOf: URL(filePath: other))
                )
                #expect(one == other, "seed \(seed)")
            }
        }
    }

    private func read(_ model: GGUFModel, _ tensor: TensorDescriptor) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try model.stream(tensor, chunkBytes: 64) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Equality that takes NaNs of the same bits for equal.
    private func isSame(_ one: GGUFValue?, _ other: GGUFValue) -> Bool {
        switch (one, other) {
        case (.float32(let one)?, .float32(let other)): one.bitPattern == other.bitPattern
        case (.float64(let one)?, .float64(let other)): one.bitPattern == other.bitPattern
        default: one == other
        }
    }
}

/// A small random generator (SplitMix64): the same numbers on every machine.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }

    mutating func string() -> GGUFString { GGUFString((0..<below(12)).map { _ in byte() }) }

    mutating func numbers<Number: GGUFScalar>(_ type: Number.Type) -> GGUFArray {
        GGUFArray((0..<below(20)).map { _ in Number(ggufBits: Number.Bits(truncatingIfNeeded: next())) })
    }

    mutating func value() -> GGUFValue {
        switch below(21) {
        case 0: .uint8(byte())
        case 1: .int8(Int8(bitPattern: byte()))
        case 2: .uint16(UInt16(truncatingIfNeeded: next()))
        case 3: .int16(Int16(truncatingIfNeeded: next()))
        case 4: .uint32(UInt32(truncatingIfNeeded: next()))
        case 5: .int32(Int32(truncatingIfNeeded: next()))
        case 6: .uint64(next())
        case 7: .int64(Int64(bitPattern: next()))
        case 8: .float32(Float(bitPattern: UInt32(truncatingIfNeeded: next())))
        case 9: .float64(Double(bitPattern: next()))
        case 10: .bool(below(2) == 0)
        case 11: .string(string())
        case 12: .array(numbers(UInt8.self))
        case 13: .array(numbers(Int16.self))
        case 14: .array(numbers(UInt32.self))
        case 15: .array(numbers(Int64.self))
        case 16: .array(numbers(Float.self))
        case 17: .array(numbers(Double.self))
        case 18: .array(GGUFArray((0..<below(9)).map { _ in below(2) == 0 }))
        default: .array(GGUFArray((0..<below(50)).map { _ in string() }))
        }
    }

    mutating func metadata() -> GGUFMetadata {
        var metadata = GGUFMetadata()
        for index in 0..<below(20) { metadata["key.\(index)"] = value() }
        if below(3) == 0 { metadata[.alignment] = .uint32(8 << UInt32(below(6))) }
        return metadata
    }

    mutating func tensors() throws -> [TensorDescriptor] {
        let types = ElementType.allCases.filter { $0.ggmlID != nil }
        return try (0..<below(10)).map { index in
            let type = types[below(types.count)]
            let row = type.geometry.elements * below(4)
            let outer = (0..<below(4)).map { _ in 1 + below(3) }
            return try TensorDescriptor(name: "tensor \(index)", type: type, shape: outer + [row])
        }
    }
}
