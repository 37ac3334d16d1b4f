import LinearAlgebra
import TensorFile

/// Reads, converts and appends a tensor's chunks: every thread a chunk, the appending in order.
struct ChunkPipeline {
    let location: TensorLocation
    /// Source bytes a chunk.
    let chunk: Int
    let converter: ChunkConverter
    /// Source bytes that are read at once: few enough to be in the cache still when they are converted.
    private let readBytes = 1 << 17
    /// Threads: several that read keep a disk busier than one with hints about what comes next, and most of them wait.
    private var lanes: Int { Parallel.workers == 1 ? 1 : min(4 * Parallel.workers, 16) }

    /// Appends every converted chunk to `sink` in order.
    func run(into sink: any TensorSink, progress: (Int) -> Void) throws {
        try Parallel.streamChunks(of: location.byteCount, size: chunk, lanes: lanes) { bytes in
            try convert(bytes)
        } consume: { bytes in
            try bytes.withUnsafeBytes { try sink.append($0) }
            progress(bytes.count)
        }
    }

    /// Reads and converts a chunk in pieces, so that what was read is still in the cache when it is converted.
    private func convert(_ bytes: Range<Int>) throws(TensorFileError) -> [UInt8] {
        let (offset, count) = (bytes.lowerBound, bytes.count)
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
