import Dispatch
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Loops over chunks of work on several threads, called from synchronous code.
///
/// Chunk boundaries depend only on the count and the chunk size, and results come back in chunk order, so that what is
/// computed never depends on the number of threads. A parallel loop inside a chunk of another runs on its one thread.
public enum Parallel {
    /// How many threads a loop may use, at least 1. Set it for a stretch of code:
    /// `Parallel.$workers.withValue(1) { … }`.
    @TaskLocal public static var workers: Int = ProcessInfo.processInfo.activeProcessorCount

    /// Calls `body` for each chunk `[i * size, min((i + 1) * size, count))`, in no promised order.
    ///
    /// Of the errors thrown, that of the first chunk is passed on; chunks not yet begun are then left out.
    public static func forEachChunk<Failure: Error>(
        of count: Int,
        size: Int,
        _ body: @Sendable (Range<Int>) throws(Failure) -> Void
    ) throws(Failure) {
        _ = try mapChunks(of: count, size: size) { range throws(Failure) in try body(range) }
    }

    /// The results of `body` for each chunk `[i * size, min((i + 1) * size, count))`, in the order of the chunks.
    ///
    /// Of the errors thrown, that of the first chunk is passed on; chunks not yet begun are then left out.
    public static func mapChunks<Element: Sendable, Failure: Error>(
        of count: Int,
        size: Int,
        _ body: @Sendable (Range<Int>) throws(Failure) -> Element
    ) throws(Failure) -> [Element] {
        precondition(count >= 0 && size > 0, "a chunk holds at least one item")
        let chunks = count / size + (count % size == 0 ? 0 : 1)
        @Sendable func range(_ chunk: Int) -> Range<Int> { chunk * size..<min(count, (chunk + 1) * size) }
        let lanes = min(workers, chunks)
        guard lanes > 1 else {
            var results: [Element] = []
            results.reserveCapacity(chunks)
            for chunk in 0..<chunks { results.append(try body(range(chunk))) }
            return results
        }

        // Chunks are handed out in order, so every chunk before a failed one has been begun: the first error in chunk
        // order is the same in every run.
        var results = [Result<Element, Failure>?](repeating: nil, count: chunks)
        let next = Atomic<Int>(0)
        results.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let slots = SharedMutablePointer(base)
            DispatchQueue.concurrentPerform(iterations: lanes) { _ in
                $workers.withValue(1) {
                    while case let chunk = next.wrappingAdd(1, ordering: .relaxed).oldValue, chunk < chunks {
                        do throws(Failure) {
                            slots.base[chunk] = .success(try body(range(chunk)))
                        } catch {
                            slots.base[chunk] = .failure(error)
                            next.store(chunks, ordering: .relaxed)
                        }
                    }
                }
            }
        }
        var elements: [Element] = []
        elements.reserveCapacity(chunks)
        for case let result? in results { elements.append(try result.get()) }
        return elements
    }

    /// Hands the results of `body` for each chunk `[i * size, min((i + 1) * size, count))` to `consume`, in the order of the
    /// chunks and one at a time: for results that are too large to be kept.
    ///
    /// A lane (a thread of its own) computes a chunk, waits for its turn, and hands the chunk over itself, so that no more
    /// chunks are held than there are lanes, and none waits for a round of others. More lanes than `workers` pay where `body`
    /// waits for a disk. Of the errors thrown, that of the first chunk is passed on, after all chunks before it were consumed.
    public static func streamChunks<Element: Sendable>(
        of count: Int,
        size: Int,
        lanes: Int,
        _ body: @Sendable (Range<Int>) throws -> Element,
        consume: (Element) throws -> Void
    ) throws {
        precondition(count >= 0 && size > 0, "a chunk holds at least one item")
        let chunks = count / size + (count % size == 0 ? 0 : 1)
        @Sendable func range(_ chunk: Int) -> Range<Int> { chunk * size..<min(count, (chunk + 1) * size) }
        let lanes = min(lanes, chunks)
        guard lanes > 1 else {
            for chunk in 0..<chunks { try consume(body(range(chunk))) }
            return
        }

        // Only the thread whose turn it is calls `consume`: a turn is a semaphore, and a thread holds one chunk at a time, so
        // that chunk + lanes cannot be begun before `chunk` has passed its turn on.
        let turns = (0..<lanes).map { _ in DispatchSemaphore(value: 0) }
        turns[0].signal()
        let next = Atomic<Int>(0)
        let failure = Mutex<(any Error)?>(nil)
        try withoutActuallyEscaping(consume) { consume in
            withoutActuallyEscaping(body) { body in
                nonisolated(unsafe) let consume = consume
                let finished = DispatchGroup()
                for lane in 0..<lanes {
                    // A serial queue gets a thread even where as many as there are cores wait already.
                    DispatchQueue(label: "lane \(lane)").async(group: finished) {
                        $workers.withValue(1) {
                            while case let chunk = next.wrappingAdd(1, ordering: .relaxed).oldValue, chunk < chunks {
                                let result = Result { try body(range(chunk)) }
                                turns[chunk % lanes].wait()
                                defer { turns[(chunk + 1) % lanes].signal() }
                                guard failure.withLock({ $0 == nil }) else { continue }
                                do {
                                    try consume(result.get())
                                } catch {
                                    failure.withLock { $0 = error }
                                    next.store(chunks, ordering: .relaxed)
                                }
                            }
                        }
                    }
                }
                finished.wait()
            }
            if let error = failure.withLock({ $0 }) { throw error }
        }
    }

    /// Writes the rows of `array` (each of `rowLength` elements) in chunks of `chunkRows` rows: `body` gets a range of
    /// rows and exactly their elements.
    public static func fill<Element: Sendable, Failure: Error>(
        _ array: inout [Element],
        rowLength: Int,
        chunkRows: Int,
        _ body: @Sendable (Range<Int>, inout MutableSpan<Element>) throws(Failure) -> Void
    ) throws(Failure) {
        guard rowLength > 0 else { return }
        precondition(array.count.isMultiple(of: rowLength), "the array is not a whole number of rows")
        let rows = array.count / rowLength
        try array.withUnsafeMutableBufferPointer { buffer throws(Failure) in
            guard let base = buffer.baseAddress else { return }
            let slots = SharedMutablePointer(base)
            try forEachChunk(of: rows, size: chunkRows) { range throws(Failure) in
                let part = UnsafeMutableBufferPointer(
                    start: slots.base + range.lowerBound * rowLength,
                    count: range.count * rowLength
                )
                var span = part.mutableSpan
                try body(range, &span)
            }
        }
    }
}
