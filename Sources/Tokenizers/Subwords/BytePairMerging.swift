/// Merges the symbols of one word until no pair is left that may merge: lowest rank first, of equal ranks the leftmost.
///
/// Short words scan for the lowest rank again and again, which beats any queue; long ones (whole texts, where nothing
/// splits them) keep the candidates in a heap: O(n log n) for n symbols.
struct BytePairMerging: Sendable {
    /// The symbols of the word, in and out.
    var symbols: [UInt32] = []
    /// From this many symbols on the heap wins.
    private static let heapThreshold = 64

    /// Rank and product of the pair that starts at the symbol with the same index; `none` where none may merge.
    private var candidates: [UInt64] = []
    private static let none = UInt64.max

    private var heap: [Candidate] = []
    private var next: [Int] = []
    private var previous: [Int] = []

    private struct Candidate {
        var rank: UInt32
        var position: Int

        @inline(__always)
        func comesBefore(_ other: Candidate) -> Bool {
            rank != other.rank ? rank < other.rank : position < other.position
        }
    }

    /// Merges `symbols` by `table`.
    mutating func merge(by table: MergeTable) {
        guard symbols.count > 1 else { return }
        if symbols.count < BytePairMerging.heapThreshold { mergeScanning(table) } else { mergeByHeap(table) }
    }

    @inline(__always)
    private static func candidate(_ left: UInt32, _ right: UInt32, _ table: MergeTable) -> UInt64 {
        guard let merge = table.merge(left, right) else { return none }
        return UInt64(merge.rank) << 32 | UInt64(merge.product)
    }

    private mutating func mergeScanning(_ table: MergeTable) {
        var count = symbols.count
        candidates.removeAll(keepingCapacity: true)
        for index in 0..<count - 1 {
            candidates.append(BytePairMerging.candidate(symbols[index], symbols[index + 1], table))
        }
        while true {
            var best = BytePairMerging.none
            var position = 0
            for index in 0..<count - 1 where candidates[index] >> 32 < best >> 32 {
                best = candidates[index]
                position = index
            }
            guard best != BytePairMerging.none else { break }
            symbols[position] = UInt32(truncatingIfNeeded: best)
            count -= 1
            for index in position + 1..<max(count, position + 1) {
                symbols[index] = symbols[index + 1]
                candidates[index - 1] = candidates[index]
            }
            if position > 0 {
                candidates[position - 1] = BytePairMerging.candidate(symbols[position - 1], symbols[position], table)
            }
            if position + 1 < count {
                candidates[position] = BytePairMerging.candidate(symbols[position], symbols[position + 1], table)
            }
        }
        symbols.removeSubrange(count...)
    }

    private mutating func mergeByHeap(_ table: MergeTable) {
        let count = symbols.count
        next = Array(1...count)
        previous = Array(-1..<count - 1)
        heap.removeAll(keepingCapacity: true)
        for index in 0..<count - 1 { push(at: index, table) }
        var alive = [Bool](repeating: true, count: count)
        while let best = pop() {
            let (left, right) = (best.position, next[best.position])
            // A candidate is stale once one of its symbols has merged otherwise.
            guard alive[left], right < count, let merge = table.merge(symbols[left], symbols[right]),
                merge.rank == best.rank
            else { continue }
            symbols[left] = merge.product
            alive[right] = false
            next[left] = next[right]
            if next[left] < count { previous[next[left]] = left }
            if previous[left] >= 0 { push(at: previous[left], table) }
            push(at: left, table)
        }
        var kept = 0
        for index in 0..<count where alive[index] {
            symbols[kept] = symbols[index]
            kept += 1
        }
        symbols.removeSubrange(kept...)
    }

    private mutating func push(at position: Int, _ table: MergeTable) {
        guard next[position] < next.count, let merge = table.merge(symbols[position], symbols[next[position]]) else {
            return
        }
        var child = heap.count
        let candidate = Candidate(rank: merge.rank, position: position)
        heap.append(candidate)
        while child > 0, candidate.comesBefore(heap[(child - 1) / 2]) {
            heap[child] = heap[(child - 1) / 2]
            child = (child - 1) / 2
        }
        heap[child] = candidate
    }

    private mutating func pop() -> Candidate? {
        guard let best = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return best }
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].comesBefore(heap[child]) { child += 1 }
            guard heap[child].comesBefore(last) else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = last
        return best
    }
}
