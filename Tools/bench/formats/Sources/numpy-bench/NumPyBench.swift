import Foundation
import NumPy

/// Runs operations on archives as they are asked for on standard input and answers with wall and processor seconds.
///
/// `numpy_bench.py` asks, so that this program and NumPy take turns and see the same disturbances. Requests are lines:
/// `load PATH`, `stream PATH`, `map PATH`, `verify PATH`, `save METHOD FROM TO`.
@main struct NumPyBench {
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
        let archive = try NumPyArchive(words[0] == "save" ? words[2] : words[1])
        switch words[0] {
        case "load":
            let arrays = try archive.bytes(of: archive.tensors)
            precondition(arrays.count == archive.tensors.count)
        case "stream":
            for tensor in archive.tensors { try archive.stream(tensor, chunkBytes: 1 << 20) { _ in } }
        case "map":
            // What a caller does that reads stored arrays at their place: no checksum.
            for tensor in archive.tensors {
                guard let place = archive.location(of: tensor) else { fatalError("\(tensor.name) is packed") }
                let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
                defer { buffer.deallocate() }
                for start in stride(from: 0, to: place.byteCount, by: buffer.count) {
                    let part = buffer[..<min(buffer.count, place.byteCount - start)]
                    try place.file.read(at: place.offset + start, into: .init(rebasing: part))
                }
            }
        case "verify":
            try archive.verifyChecksums()
        case "save":
            let methods: [String: NumPyCompression] = ["stored": .stored, "deflate": .deflate(), "zstd": .zstd()]
            guard let method = methods[words[1]] else { fatalError("no method \(words[1])") }
            let writer = try NumPyArchiveWriter(
                words[3],
                tensors: archive.tensors,
                compression: method,
                replacing: true
            )
            for tensor in archive.tensors {
                try archive.stream(tensor, chunkBytes: 1 << 20) { try writer.append($0) }
            }
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
