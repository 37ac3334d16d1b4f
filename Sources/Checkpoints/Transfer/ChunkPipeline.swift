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
    /// Source bytes that are read at once.
    private let readBytes = 1 << 17

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
                    let next = converting.upperBound * chunk
                    location.file.prefetch(
                        at: location.offset + next,
                        count: min(round * chunk, location.byteCount - next)
                    )
                    for bytes in written { try bytes.withUnsafeBytes { try sink.append($0) } }
                    return []
                }
                return try convert(converting.lowerBound + task.lowerBound - 1)
            }
            progress(written.reduce(0) { $0 + $1.count })
            ready = Array(results.dropFirst())
        }
    }

    /// Reads and converts a chunk in pieces, so that what was read is still in the cache when it is converted.
    private func convert(_ index: Int) throws(TensorFileError) -> [UInt8] {
        let offset = index * chunk
        let count = min(chunk, location.byteCount - offset)
        if converter.from == converter.to { return try location.file.bytes(at: location.offset + offset, count: count) }
        let step = converter.sourceChunk(atMost: readBytes)
        let input = UnsafeMutableRawBufferPointer.allocate(byteCount: min(step, count), alignment: 64)
        defer { input.deallocate() }
        return try [UInt8](ofSize: converter.targetByteCount(ofSource: count)) { target throws(TensorFileError) in
            var written = 0
            for start in stride(from: 0, to: count, by: step) {
                let part = UnsafeMutableRawBufferPointer(rebasing: input[..<min(step, count - start)])
                try location.file.read(at: location.offset + offset + start, into: part)
                let size = try converter.targetByteCount(ofSource: part.count)
                let geometry = converter.from.geometry
                try converter.convert(
                    UnsafeRawBufferPointer(part),
                    into: UnsafeMutableRawBufferPointer(rebasing: target[written..<written + size]),
                    firstElement: (offset + start) / geometry.bytes * geometry.elements
                )
                written += size
            }
        }
    }
}
