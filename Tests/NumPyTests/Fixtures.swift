import Foundation
import NumPy
import TensorFile
import TestSupport

/// Files and values that the tests of this target share.
enum Fixtures {
    /// The path of a golden file (see `make_numpy.py` there).
    static func golden(_ name: String) -> String {
        TestFiles.root.appending(path: "Tests/Golden/NumPy/\(name)").path
    }

    /// The bytes of a golden file.
    static func goldenBytes(_ name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(filePath: golden(name))))
    }

    /// Runs `body` with the path of a file that holds `bytes`.
    static func withFile<Result>(
        _ bytes: [UInt8],
        named name: String = "input",
        _ body: (String) throws -> Result
    ) throws -> Result {
        // Some tests make thousands of files: so no folder for each, and none of `Data.write`'s flushes to the disk.
        let file = FileManager.default.temporaryDirectory.appending(path: "seeconv-test-\(UUID().uuidString)-\(name)")
        guard let stream = fopen(file.path, "wb") else { throw CocoaError(.fileWriteUnknown) }
        defer { unlink(file.path) }
        let written = fwrite(bytes, 1, bytes.count, stream)
        guard fclose(stream) == 0, written == bytes.count else { throw CocoaError(.fileWriteUnknown) }
        return try body(file.path)
    }

    /// What `body` throws, as the package's error; nil where it throws nothing.
    static func failure(_ body: () throws -> Void) throws -> TensorFileError? {
        do {
            try body()
            return nil
        } catch let error as TensorFileError {
            return error
        }
    }

    /// The bytes of value number `index` of a golden array of `type`: index - 3 (see `make_numpy.py`).
    static func goldenValue(_ index: Int, _ type: ElementType) -> [UInt8] {
        let value = index - 3
        return switch type {
        case .bool: [UInt8(index % 2)]
        case .int8, .uint8: bytes(Int8(value))
        case .int16, .uint16: bytes(Int16(value))
        case .int32, .uint32: bytes(Int32(value))
        case .int64, .uint64: bytes(Int64(value))
        case .float16: bytes(Float16(value).bitPattern)
        case .bfloat16: bytes(UInt16(Float(value).bitPattern >> 16))
        case .float32: bytes(Float(value).bitPattern)
        case .float64: bytes(Double(value).bitPattern)
        case .complex64: bytes(Float(value).bitPattern) + bytes(Float(index).bitPattern)
        case .complex128: bytes(Double(value).bitPattern) + bytes(Double(index).bitPattern)
        default: []
        }
    }

    /// The bytes of a whole golden array.
    static func goldenArray(_ tensor: TensorDescriptor) -> [UInt8] {
        (0..<tensor.elementCount).flatMap { goldenValue($0, tensor.type) }
    }

    /// The bytes of an integer, least significant first.
    static func bytes<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}

extension TensorSource {
    /// A tensor's bytes, streamed in chunks of at most `chunkBytes`.
    func bytes(of tensor: TensorDescriptor, chunkBytes: Int = 1 << 20) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try stream(tensor, chunkBytes: chunkBytes) { bytes.append(contentsOf: $0) }
        return bytes
    }
}

extension TensorSink {
    /// Appends `bytes` in pieces of at most `chunkBytes`.
    func append(_ bytes: [UInt8], chunkBytes: Int = 1 << 20) throws {
        try bytes.withUnsafeBytes { buffer in
            for start in stride(from: 0, to: buffer.count, by: chunkBytes) {
                try append(UnsafeRawBufferPointer(rebasing: buffer[start..<min(start + chunkBytes, buffer.count)]))
            }
        }
    }
}
