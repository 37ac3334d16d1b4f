import Foundation
import GGUF
import TensorFile
import TestSupport
import Testing

/// Builds GGUF files byte by byte, right and wrong ones: nothing is checked here.
struct GGUFBytes {
    var version: UInt32 = 3
    var order = ByteOrder.little
    var alignment = 32
    /// Overrides of the counts in the header.
    var tensorCount: UInt64?
    var keyCount: UInt64?
    private(set) var keys: [[UInt8]] = []
    private(set) var infos: [[UInt8]] = []
    var data: [UInt8] = []

    func number(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: order == .little ? value.littleEndian : value.bigEndian) { Array($0) }
    }

    /// A count or length: 32 bits in version 1.
    func length(_ value: UInt64) -> [UInt8] {
        version == 1 ? number(UInt32(truncatingIfNeeded: value)) : number(value)
    }

    func string(_ bytes: [UInt8]) -> [UInt8] { length(UInt64(bytes.count)) + bytes }

    func string(_ text: String) -> [UInt8] { string(Array(text.utf8)) }

    /// An entry with the value's bytes given whole.
    mutating func add(_ key: String, type: UInt32, _ value: [UInt8]) {
        keys.append(string(key) + number(type) + value)
    }

    /// An entry of any bytes.
    mutating func addEntry(_ bytes: [UInt8]) { keys.append(bytes) }

    mutating func add(_ key: String, _ text: String) { add(key, type: 8, string(text)) }

    mutating func add(_ key: String, uint32 value: UInt32) { add(key, type: 4, number(value)) }

    mutating func add(_ key: String, strings: [[UInt8]]) {
        add(key, type: 9, number(UInt32(8)) + length(UInt64(strings.count)) + strings.flatMap { string($0) })
    }

    mutating func add(_ key: String, int32s: [Int32]) {
        add(key, type: 9, number(UInt32(5)) + length(UInt64(int32s.count)) + int32s.flatMap { number($0) })
    }

    /// A tensor info; `dimensions` innermost first, as in the file.
    mutating func addInfo(
        _ name: [UInt8],
        _ dimensions: [UInt64],
        type: UInt32 = 0,
        offset: UInt64,
        dimensionCount: UInt32? = nil
    ) {
        infos.append(
            string(name) + number(dimensionCount ?? UInt32(dimensions.count)) + dimensions.flatMap { length($0) }
                + number(type) + number(offset)
        )
    }

    /// A tensor with its data behind what is there already, padded before and not after.
    mutating func addTensor(_ name: String, _ dimensions: [UInt64], type: UInt32 = 0, _ bytes: [UInt8]) {
        data += padding(data.count)
        addInfo(Array(name.utf8), dimensions, type: type, offset: UInt64(data.count))
        data += bytes
    }

    func padding(_ count: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: (alignment - count % alignment) % alignment)
    }

    /// Everything before the padding of the header.
    var header: [UInt8] {
        Array("GGUF".utf8) + number(version) + length(tensorCount ?? UInt64(infos.count))
            + length(keyCount ?? UInt64(keys.count)) + keys.flatMap { $0 } + infos.flatMap { $0 }
    }

    /// The whole file.
    var bytes: [UInt8] { header + padding(header.count) + data }
}

/// A file with the keys that a small model has, and two tensors.
func smallModel(version: UInt32 = 3, order: ByteOrder = .little) -> GGUFBytes {
    var file = GGUFBytes(version: version, order: order)
    file.add("general.architecture", "llama")
    file.add("llama.block_count", uint32: 2)
    file.add("tokenizer.ggml.tokens", strings: [Array("<s>".utf8), [0xFF, 0xFE], [], Array("a\0".utf8)])
    file.add("tokenizer.ggml.token_type", int32s: [3, 1, 1, 1])
    file.addTensor("token_embd.weight", [4, 2], (0..<8).flatMap { file.number(Float($0).bitPattern) })
    file.addTensor("output_norm.weight", [3], type: 1, [UInt16(0x3C00), 0x4000, 0xC000].flatMap { file.number($0) })
    return file
}

/// Writes `bytes` to a file that lives while `body` runs.
func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    try TestFiles.withTemporaryFolder { folder in
        let path = folder.appending(path: "test.gguf").path
        try Data(bytes).write(to: URL(filePath: path))
        return try body(path)
    }
}

/// The error that `body` throws, or nil; other errors than the package's own fail the test.
func failure(_ body: () throws -> Void) -> TensorFileError? {
    do {
        try body()
        return nil
    } catch let error as TensorFileError {
        return error
    } catch {
        Issue.record(error)
        return nil
    }
}

/// A tensor's bytes, streamed in small chunks.
func contents(_ source: some TensorSource, _ name: String) throws -> [UInt8] {
    guard let tensor = source.tensor(named: name) else {
        throw TensorFileError(.missing, place: name, cause: "no such tensor", remedy: "mend the test")
    }
    var bytes: [UInt8] = []
    try source.stream(tensor, chunkBytes: 16) { bytes.append(contentsOf: $0) }
    return bytes
}
