import Foundation
import GGUF

/// Runs operations on GGUF files as they are asked for on standard input and answers with wall and processor seconds.
///
/// `gguf_bench.py` asks, so that this program and gguf-py take turns and see the same disturbances. Requests are lines:
/// `open PATH`, `strings PATH KEY`, `findings PATH`, `copy FROM TO`. A file that is refused is answered by the error.
@main struct GGUFBench {
    static func main() {
        while let line = readLine() {
            let words = line.split(separator: " ").map(String.init)
            let (wall, processor) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
            do {
                try run(words)
            } catch {
                FileHandle.standardOutput.write(Data("refused: \(error)\n".utf8))
                continue
            }
            let (wallEnd, processorEnd) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
            // Unbuffered, because the asking program waits for it.
            FileHandle.standardOutput.write(Data("\(wallEnd - wall) \(processorEnd - processor)\n".utf8))
        }
    }

    private static func run(_ words: [String]) throws {
        let model = try GGUFModel(words[1])
        switch words[0] {
        case "open":
            let names = model.tensors.map(\.name)
            precondition(names.count == model.tensors.count)
        case "strings":
            guard let strings = model[words[2]]?.strings else { fatalError("no strings under \(words[2])") }
            precondition(strings.reduce(0) { $0 + $1.bytes.count } > 0)
        case "findings":
            _ = try model.structureFindings()
        case "copy":
            let writer = try GGUFWriter(words[2], metadata: model.metadata, tensors: model.tensors, replacing: true)
            for tensor in writer.order { try model.stream(tensor, chunkBytes: 1 << 20, writer.append) }
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
