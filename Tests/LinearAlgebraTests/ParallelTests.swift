import LinearAlgebra
import Synchronization
import Testing

@Suite struct ParallelTests {
    struct Failed: Error, Equatable { let chunk: Int }

    @Test(arguments: [1, 2, 5], [(0, 3), (1, 3), (3, 3), (10, 3), (1000, 7), (5, 100)])
    func chunksComeInOrder(workers: Int, loop: (count: Int, size: Int)) {
        Parallel.$workers.withValue(workers) {
            let ranges = Parallel.mapChunks(of: loop.count, size: loop.size) { $0 }
            #expect(ranges.flatMap(Array.init) == Array(0..<loop.count))
            #expect(ranges.dropLast().allSatisfy { $0.count == loop.size })
        }
    }

    @Test func everyChunkRunsOnce() {
        let visits = Mutex([Int](repeating: 0, count: 999))
        Parallel.$workers.withValue(4) {
            Parallel.forEachChunk(of: 999, size: 10) { range in
                visits.withLock { visits in for i in range { visits[i] += 1 } }
            }
        }
        #expect(visits.withLock { $0 } == [Int](repeating: 1, count: 999))
    }

    @Test(arguments: [1, 2, 4]) func theFirstErrorIsPassedOn(workers: Int) {
        Parallel.$workers.withValue(workers) {
            for _ in 0..<50 {
                #expect(throws: Failed(chunk: 3)) {
                    try Parallel.forEachChunk(of: 100, size: 1) { range throws(Failed) in
                        if range.lowerBound % 10 == 3 { throw Failed(chunk: range.lowerBound) }
                    }
                }
            }
        }
    }

    @Test(arguments: [1, 2, 5], [(0, 3), (1, 3), (10, 3), (1000, 7), (5, 100)])
    func streamedChunksAreConsumedInOrder(lanes: Int, loop: (count: Int, size: Int)) throws {
        var consumed: [Int] = []
        try Parallel.streamChunks(of: loop.count, size: loop.size, lanes: lanes) {
            Array($0)
        } consume: {
            consumed += $0
        }
        #expect(consumed == Array(0..<loop.count))
    }

    @Test(arguments: [1, 2, 4]) func aStreamEndsAtItsFirstError(lanes: Int) {
        for _ in 0..<50 {
            var consumed: [Int] = []
            #expect(throws: Failed(chunk: 13)) {
                try Parallel.streamChunks(of: 100, size: 1, lanes: lanes) { range in
                    if range.lowerBound % 10 == 3, range.lowerBound > 3 { throw Failed(chunk: range.lowerBound) }
                    return range.lowerBound
                } consume: {
                    consumed.append($0)
                }
            }
            #expect(consumed == Array(0..<13))
            var sum = 0
            #expect(throws: Failed(chunk: 7)) {
                try Parallel.streamChunks(of: 100, size: 1, lanes: lanes) {
                    $0.lowerBound
                } consume: {
                    guard $0 < 7 else { throw Failed(chunk: $0) }
                    sum += $0
                }
            }
            #expect(sum == 21)
        }
    }

    @Test(arguments: [1, 2, 3]) func fillWritesEachRow(workers: Int) {
        var array = [Int](repeating: -1, count: 7 * 3)
        Parallel.$workers.withValue(workers) {
            Parallel.fill(&array, rowLength: 3, chunkRows: 2) { rows, elements in
                #expect(elements.count == rows.count * 3)
                for i in elements.indices { elements[i] = rows.lowerBound * 3 + i }
            }
        }
        #expect(array == Array(0..<21))
    }

    @Test func loopsInsideLoopsStayOnTheirThread() {
        Parallel.$workers.withValue(3) {
            let inner = Parallel.mapChunks(of: 10, size: 1) { _ in Parallel.workers }
            #expect(inner == [Int](repeating: 1, count: 10))
            #expect(Parallel.workers == 3)
        }
    }
}
