import LinearAlgebra
import TensorFile

/// Reads and converts a tensor's next chunks on all threads, one of which first writes the chunks before.
struct ChunkPipeline {
    let location: TensorLocation
    /// Source bytes a chunk.
    let chunk: Int
    let converter: ChunkConverter
    /// Chunks converted in one round: enough to keep every core busy while one of them writes.
    private let round = 8

    /// Appends every converted chunk to `sink` in order.
    func run(into sink: any TensorSink, progress: (Int) -> Void) throws {
        let chunks = (location.byteCount + chunk - 1) / chunk
        var ready: [[UInt8]] = []
        for first in stride(from: 0, to: chunks + round, by: round) {
            // The first task of a round writes what the round before has converted: only one thread ever does.
            nonisolated(unsafe) let sink = sink
            let converting = min(first, chunks)..<min(first + round, chunks)
            let written = ready
            let results = try Parallel.mapChunks(of: converting.count + 1, size: 1) { task throws -> [UInt8] in
                if task.lowerBound == 0 {
                    for bytes in written { try bytes.withUnsafeBytes { try sink.append($0) } }
                    return []
                }
                return try convert(converting.lowerBound + task.lowerBound - 1)
            }
            progress(written.reduce(0) { $0 + $1.count })
            ready = Array(results.dropFirst())
        }
    }

    private func convert(_ index: Int) throws -> [UInt8] {
        let offset = index * chunk
        let bytes = try location.file.bytes(
            at: location.offset + offset,
            count: min(chunk, location.byteCount - offset)
        )
        if converter.from == converter.to { return bytes }
        return try bytes.withUnsafeBytes {
            try converter.converted(
                $0,
                firstElement: offset / converter.from.geometry.bytes * converter.from.geometry.elements
            )
        }
    }
}
