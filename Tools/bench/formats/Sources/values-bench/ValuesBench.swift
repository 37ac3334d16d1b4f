import Foundation
import TensorFile

/// Converts a file of F32 values as it is asked for on standard input and answers with processor seconds.
///
/// `values_bench.py` asks, so that this program and its peers take turns and see the same disturbances. The one argument is the
/// file; requests are lines `encode TYPE` (once) and `decode TYPE` (what was encoded last), and `bytes PATH`, which reads
/// blocks to decode from a file and answers nothing.
@main struct ValuesBench {
    static func main() throws {
        let file = try Data(contentsOf: URL(filePath: CommandLine.arguments[1]))
        let values = try file.withUnsafeBytes { try ValueCodec.floats($0, as: .float32, count: file.count / 4) }
        var decoded = values
        var bytes: [UInt8] = []
        while let words = readLine()?.split(separator: " ").map(String.init), words.count == 2 {
            if words[0] == "bytes" {
                bytes = [UInt8](try Data(contentsOf: URL(filePath: words[1])))
                continue
            }
            guard let type = ElementType(named: words[1]), let size = type.geometry.byteCount(elements: values.count)
            else { fatalError("no type \(words[1])") }
            if words[0] == "encode" { bytes = [UInt8](repeating: 1, count: size) }
            let seconds = try timed {
                if words[0] == "encode" {
                    try bytes.withUnsafeMutableBufferPointer { bytes in
                        try values.withUnsafeBufferPointer { values in
                            try ValueCodec.encode(values, as: type, into: UnsafeMutableRawBufferPointer(bytes))
                        }
                    }
                } else {
                    try bytes.withUnsafeBytes { bytes in
                        try decoded.withUnsafeMutableBufferPointer { try ValueCodec.decode(bytes, as: type, into: $0) }
                    }
                }
            }
            // Unbuffered, because the asking program waits for it.
            FileHandle.standardOutput.write(Data("\(seconds)\n".utf8))
        }
    }

    private static func timed(_ body: () throws -> Void) rethrows -> Double {
        let start = seconds()
        try body()
        return seconds() - start
    }

    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
