import Foundation
import Safetensors
import TensorFile
import TestSupport

/// Builds files byte by byte, right and wrong ones.
enum FileBytes {
    /// The length of `header`, the header, and `data`.
    static func make(_ header: [UInt8], data: [UInt8] = []) -> [UInt8] {
        length(UInt64(header.count)) + header + data
    }

    /// A file of the text `header` with `count` zero bytes of data.
    static func make(_ header: String, zeros count: Int = 0) -> [UInt8] {
        make(Array(header.utf8), data: [UInt8](repeating: 0, count: count))
    }

    /// The length field.
    static func length(_ value: UInt64) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    /// The entry of a tensor.
    static func entry(_ name: String, _ type: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
        "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
    }

    /// A file of one U8 tensor called "t" with the given fields instead of its own.
    static func oneTensor(
        type: String = "\"U8\"",
        shape: String = "[4]",
        range: String = "[0,4]",
        extra: String = "",
        zeros: Int = 4
    ) -> [UInt8] {
        make("{\"t\":{\"dtype\":\(type),\"shape\":\(shape),\"data_offsets\":\(range)\(extra)}}", zeros: zeros)
    }
}

/// Reads `bytes` as a file in memory.
func parse(_ bytes: [UInt8], _ strictness: Strictness = .strict) throws(TensorFileError) -> SafetensorsHeader {
    try SafetensorsHeader(parsing: bytes.span, strictness: strictness)
}

/// The error of `body`, where it is one of the package's.
func failure(_ body: () throws -> Void) -> TensorFileError? {
    do {
        try body()
        return nil
    } catch {
        return error as? TensorFileError
    }
}

/// Writes `bytes` to a file of a fresh folder and calls `body` with its path.
func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    try TestFiles.withTemporaryFolder { folder in
        let url = folder.appending(path: "model.safetensors")
        try Data(bytes).write(to: url)
        return try body(url.path)
    }
}
