import Foundation
import GGUF
import TensorFile
import TestSupport
import Testing

@Suite struct HostileFileTests {
    @Test(arguments: HostileFile.all) func isRefused(file: HostileFile) throws {
        let inMemory = failure { _ = try GGUFHeader(parsing: file.bytes) }
        #expect(inMemory?.kind == file.kind)
        #expect(inMemory?.description.contains(file.words) == true, "\(inMemory?.description ?? "accepted")")
        // The same verdict from the file on the disk, which it names.
        try withFile(file.bytes) { path in
            let onDisk = failure { _ = try GGUFFile(path) }
            #expect(onDisk == inMemory?.inFile(path))
        }
        let lenient = Result { try GGUFHeader(parsing: file.bytes, strictness: .lenient) }
        switch lenient {
        case .success(let header):
            #expect(file.isTolerable)
            #expect(header.findings.contains { $0.severity == .warning })
        case .failure(let error):
            #expect(!file.isTolerable, "\(error)")
        }
    }

    /// A header that goes on for longer than the limit: the file is sparse and takes no space.
    @Test func endlessHeadersAreRefused() throws {
        var file = GGUFBytes()
        file.add("a", type: 9, file.number(UInt32(0)) + file.number(UInt64(GGUFLimit.headerBytes)))
        try withFile(file.bytes) { path in
            #expect(truncate(path, off_t(GGUFLimit.headerBytes) * 2) == 0)
            let error = failure { _ = try GGUFFile(path) }
            #expect(error?.kind == .limit)
            #expect(error?.cause.contains("the header is larger than") == true)
        }
    }

    @Test func fileCutShortAfterOpeningGivesAnError() throws {
        try withFile(smallModel().bytes) { path in
            let file = try GGUFFile(path)
            #expect(truncate(path, off_t(file.header.dataOffset) + 20) == 0)
            #expect(failure { _ = try contents(file, "token_embd.weight") }?.kind == .truncated)
        }
    }

    @Test(arguments: [UInt32(1), 2, 3], [ByteOrder.little, .big])
    func everyPrefixIsRefused(version: UInt32, order: ByteOrder) throws {
        let bytes = smallModel(version: version, order: order).bytes
        _ = try GGUFHeader(parsing: bytes)
        for count in bytes.indices {
            let error = failure { _ = try GGUFHeader(parsing: Array(bytes[..<count])) }
            #expect(error?.kind == .truncated, "\(count) bytes: \(error?.description ?? "accepted")")
        }
    }

    @Test(arguments: [UInt32(1), 3], [ByteOrder.little, .big])
    func noFlippedByteTraps(version: UInt32, order: ByteOrder) throws {
        // Whatever is still accepted must be sound, down to the last element of the last array.
        let seed = smallModel(version: version, order: order)
        let headerCount = seed.header.count
        let bytes = seed.bytes
        var accepted = 0
        for position in 0..<headerCount {
            let flips = (0..<8).map { bytes[position] ^ 1 << $0 }
            for value in flips + [0, 0xFF, bytes[position] &+ 1, bytes[position] &- 1] where value != bytes[position] {
                var flipped = bytes
                flipped[position] = value
                guard let header = try? GGUFHeader(parsing: flipped, strictness: .lenient) else { continue }
                accepted += 1
                try checkSoundness(header, fileSize: flipped.count)
            }
        }
        #expect(accepted > 0)
    }

    @Test(arguments: [31, 32, 53, 63]) func lengthsAroundPowersOfTwoAreRefused(bits: UInt64) {
        let power = UInt64(1) << bits
        for size in [power - 1, power, power + 1, .max - 1, .max] {
            let files: [(String, GGUFBytes)] = [
                ("keys", change { $0.keyCount = size }),
                ("tensors", change { $0.tensorCount = size }),
                ("key", change { $0.addEntry($0.number(size) + [UInt8](repeating: 65, count: 64)) }),
                ("string", change { $0.add("a", type: 8, $0.number(size)) }),
                ("octets", change { $0.add("a", type: 9, $0.number(UInt32(0)) + $0.number(size)) }),
                ("strings", change { $0.add("a", type: 9, $0.number(UInt32(8)) + $0.number(size)) }),
                (
                    "token",
                    change {
                        $0.add("a", type: 9, $0.number(UInt32(8)) + $0.number(UInt64(1)) + $0.number(size))
                    }
                ),
                ("arrays", change { $0.add("a", type: 9, $0.number(UInt32(9)) + $0.number(size)) }),
                (
                    "inner array",
                    change {
                        let outer = $0.number(UInt32(9)) + $0.number(UInt64(1))
                        $0.add("a", type: 9, outer + $0.number(UInt32(6)) + $0.number(size))
                    }
                ),
                ("dimension", change { $0.addInfo([65], [size], offset: 0) }),
                ("dimensions", change { $0.addInfo([65], [size, 2, size], type: 8, offset: 0) }),
                ("offset", change { $0.addInfo([65], [1], offset: size) }),
                ("offset of nothing", change { $0.addInfo([65], [0], offset: size) }),
            ]
            for (what, file) in files {
                for strictness in [Strictness.strict, .lenient] {
                    let header = try? GGUFHeader(parsing: file.bytes, strictness: strictness)
                    // An empty tensor may stand anywhere, as long as the offset is aligned.
                    let isHarmless = what == "offset of nothing" && size.isMultiple(of: 32)
                    #expect(header == nil || isHarmless, "\(what) \(size)")
                }
            }
        }
    }

    @Test func countsThatFitAreNotReserved() {
        // The count passes the check against the file's size, so that only reading on shows the damage.
        var file = GGUFBytes()
        file.add(
            "a",
            type: 9,
            file.number(UInt32(8)) + file.number(UInt64(1000)) + [UInt8](repeating: 0xFF, count: 8000)
        )
        let error = failure { _ = try GGUFHeader(parsing: file.bytes) }
        #expect(error?.kind == .overflow)
        #expect(error?.place.contains("string 0") == true)
    }

    private func change(_ body: (inout GGUFBytes) -> Void) -> GGUFBytes {
        var file = GGUFBytes()
        body(&file)
        return file
    }
}

/// Walks everything that `header` promises.
func checkSoundness(_ header: GGUFHeader, fileSize: Int) throws {
    for entry in header.metadata.entries {
        guard let array = entry.value.array else { continue }
        try checkSoundness(array)
    }
    #expect(Set(header.metadata.entries.map { TensorName($0.key) }).count == header.metadata.entries.count)
    #expect(Set(header.tensors.map { TensorName($0.name) }).count == header.tensors.count)
    let places = zip(header.tensors, header.offsets).filter { $0.0.byteCount > 0 }.sorted { $0.1 < $1.1 }
    var end = header.end
    for (tensor, offset) in places {
        #expect(offset >= end)
        end = offset + tensor.byteCount
    }
    #expect(end <= max(fileSize, header.end))
}

private func checkSoundness(_ array: GGUFArray) throws {
    switch array.elementType {
    case .string: #expect(array.strings?.reduce(0) { count, _ in count + 1 } == array.count)
    case .array:
        let inner = try #require(array.arrays)
        #expect(inner.count == array.count)
        for array in inner { try checkSoundness(array) }
    case .bool: #expect(array.bools?.count == array.count)
    case .float32, .float64: #expect(array.floats?.count == array.count)
    case .uint64: #expect(array.values(as: UInt64.self)?.count == array.count)
    default: #expect(array.integers?.count == array.count)
    }
}
