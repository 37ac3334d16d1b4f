import Foundation
import Safetensors
import TensorFile

/// Runs operations on files as they are asked for on standard input and answers with wall and processor seconds.
///
/// `safetensors_bench.py` asks, so that this program and the reference take turns and see the same disturbances. Requests
/// are lines: `open PATH`, `refuse PATH`, `stream PATH`, `load PATH`, `copy FROM TO`.
@main struct SafetensorsBench {
    static func main() throws {
        while let line = readLine() {
            let words = line.split(separator: " ").map(String.init)
            let (wall, processor) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
            try run(words)
            let (wallEnd, processorEnd) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
            // Unbuffered, because the asking program waits for it.
            FileHandle.standardOutput.write(Data("\(wallEnd - wall) \(processorEnd - processor)\n".utf8))
        }
    }

    private static func run(_ words: [String]) throws {
        if words[0] == "refuse" {
            guard (try? SafetensorsFile(words[1])) == nil else { fatalError("\(words[1]) was accepted") }
            return
        }
        let file = try SafetensorsFile(words[1])
        switch words[0] {
        case "open":
            guard file.warnings.isEmpty else { fatalError("\(file.warnings)") }
        case "stream":
            for tensor in file.tensors { try file.stream(tensor, chunkBytes: 1 << 20) { _ in } }
        case "load":
            let tensors = try file.tensors.map { try file.bytes(of: $0) }
            precondition(tensors.count == file.tensors.count)
        case "copy":
            let writer = try SafetensorsWriter(words[2], tensors: file.tensors, replacing: true)
            for tensor in writer.order { try file.stream(tensor, chunkBytes: 1 << 20) { try writer.append($0) } }
            try writer.finish()
        default:
            fatalError("no operation \(words[0])")
        }
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
