import Foundation
import Safetensors
import TensorFile
import TestSupport
import Testing

/// A file that must be refused, and how.
struct HostileFile: CustomTestStringConvertible, Sendable {
    let id: String
    let bytes: [UInt8]
    let kind: TensorFileError.Kind
    let words: String

    init(_ id: String, _ bytes: [UInt8], _ kind: TensorFileError.Kind, _ words: String) {
        self.id = id
        self.bytes = bytes
        self.kind = kind
        self.words = words
    }

    var testDescription: String { id }
}

@Suite struct HostileFileTests {
    @Test(arguments: HostileFile.all) func isRefused(file: HostileFile) throws {
        let inMemory = failure { _ = try parse(file.bytes) }
        #expect(inMemory?.kind == file.kind)
        #expect(inMemory?.description.contains(file.words) == true, "\(inMemory?.description ?? "accepted")")
        // The same verdict from the file on the disk, which it names.
        try withFile(file.bytes) { path in
            let onDisk = failure { _ = try SafetensorsFile(path) }
            #expect(onDisk == inMemory?.inFile(path))
            #expect(onDisk?.description.hasPrefix(path) == true)
        }
    }

    @Test func hugeClaimsAllocateNothing() {
        // 100 MB and one byte in a file of that size would be refused too: the limit comes first.
        let error = failure { _ = try parse(FileBytes.length(100_000_001) + [UInt8](repeating: 0x20, count: 64)) }
        #expect(error?.kind == .limit)
        let atLimit = failure { _ = try parse(FileBytes.length(100_000_000) + [UInt8](repeating: 0x20, count: 64)) }
        #expect(atLimit?.kind == .truncated)
    }

    // S08
    @Test func manyEntriesOverOneRangeAreRefused() {
        var header = "{"
        for index in 0..<1_000_000 {
            let name = "model.layers.\(index)"
            header += FileBytes.entry(name, "U8", "[8]", 0, 8) + ","
        }
        header.removeLast()
        let error = failure { _ = try parse(FileBytes.make(header + "}", zeros: 8)) }
        #expect(error?.kind == .overlap)
    }

    // S10
    @Test func fileCutShortAfterOpeningGivesAnError() throws {
        try withFile(FileBytes.make("{\(FileBytes.entry("t", "U8", "[64]", 0, 64))}", zeros: 64)) { path in
            let file = try SafetensorsFile(path)
            let tensor = try #require(file.tensors.first)
            #expect(truncate(path, 80) == 0)
            #expect(failure { _ = try file.bytes(of: tensor) }?.kind == .truncated)
            #expect(failure { try file.stream(tensor, chunkBytes: 16) { _ in } }?.kind == .truncated)
        }
    }

    @Test func everyPrefixOfAFileIsRefused() throws {
        for seed in Self.seeds {
            _ = try parse(seed)
            for count in 0..<seed.count {
                #expect(throws: TensorFileError.self) { try parse(Array(seed[..<count])) }
            }
        }
    }

    @Test func noFlippedByteTraps() {
        // Whatever is still accepted must be sound: all tensors inside the file and none twice.
        for seed in Self.seeds {
            for position in seed.indices {
                for value in [UInt8](0...255) where value != seed[position] {
                    var flipped = seed
                    flipped[position] = value
                    guard let header = try? parse(flipped, .lenient) else { continue }
                    let end = header.dataOffset + header.dataByteCount
                    #expect(end <= flipped.count)
                    #expect(Set(header.tensors.map { TensorName($0.name) }).count == header.tensors.count)
                }
            }
        }
    }

    @Test(arguments: [31, 32, 53, 63]) func sizesAroundPowersOfTwoAreRefused(bits: UInt64) {
        let power = UInt64(1) << bits
        for size in [power - 1, power, power + 1, .max - 1, .max] {
            for bytes in [
                FileBytes.oneTensor(shape: "[\(size)]"),
                FileBytes.oneTensor(shape: "[2,\(size)]"),
                FileBytes.oneTensor(range: "[0,\(size)]"),
                FileBytes.oneTensor(range: "[\(size),\(size)]"),
                FileBytes.oneTensor(shape: "[\(size)]", range: "[0,\(size)]"),
                FileBytes.oneTensor(type: "\"F4\"", shape: "[\(size)]", range: "[0,\(size / 2)]"),
                FileBytes.length(size) + Array("{}".utf8),
            ] {
                #expect(throws: TensorFileError.self) { try parse(bytes) }
                #expect(throws: TensorFileError.self) { try parse(bytes, .lenient) }
            }
        }
    }

    /// Small valid files that exercise every part of the grammar.
    static let seeds: [[UInt8]] = [
        FileBytes.make("{}"),
        FileBytes.oneTensor(),
        FileBytes.make(
            "{\"__metadata__\":{\"a\":\"\\u00e9\"},\(FileBytes.entry("a", "F32", "[2,1]", 0, 8)),"
                + "\(FileBytes.entry("b\\/", "F4", "[2]", 9, 10)),\(FileBytes.entry("é", "BOOL", "[]", 8, 9))} ",
            zeros: 10
        ),
    ]
}
