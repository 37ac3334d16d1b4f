/// Chooses the synsets that serve as sememes.
///
/// A synset's information is −log₂ of the share of all senses that it or a synset below it has, each sense counting
/// 1 + its count in tagged text. The lexicographer files come first; then, greedily, the synset that adds most: the sum,
/// over the senses below it, of how much more it says of them than the most informative sememe they have so far. The sum is
/// submodular, so gains only fall and a stale gain is an upper bound. Everything is whole numbers (bits in 1/1024), so that
/// the choice is the same on every machine.
struct SememeInventory {
    /// The chosen synsets in the order of choice.
    private(set) var synsets: [Int] = []
    /// The information of every synset in 1/1024 bit.
    let information: [Int]

    /// Chooses at most `count` synsets.
    init(_ dictionary: WordNetDictionary, _ hierarchy: SynsetHierarchy, count: Int) {
        let all = dictionary.synsets.count
        var own = [Int](repeating: 0, count: all)
        for (_, senses) in dictionary.words {
            for sense in senses { own[sense.synset] += 1 + sense.count }
        }
        var below: [[Int32]] = (0..<all).map { [Int32($0)] }
        for synset in 0..<all {
            for ancestor in hierarchy.ancestors[synset] { below[Int(ancestor)].append(Int32(synset)) }
        }
        let total = max(1, own.reduce(0, +))
        let information = below.map { members in
            SememeInventory.bits(total) - SememeInventory.bits(max(1, members.reduce(0) { $0 + own[Int($1)] }))
        }
        self.information = information
        var topicMass = [Int](repeating: 0, count: WordNetDictionary.topics.count)
        for synset in 0..<all { topicMass[dictionary.synsets[synset].topic] += own[synset] }
        // What is said of each synset so far.
        var said = dictionary.synsets.map {
            SememeInventory.bits(total) - SememeInventory.bits(max(1, topicMass[$0.topic]))
        }
        func gain(_ synset: Int) -> Int {
            below[synset].reduce(0) { $0 + own[Int($1)] * max(0, information[synset] - said[Int($1)]) }
        }
        var queue = GainQueue((0..<all).map { (gain($0), $0) }.filter { $0.0 > 0 })
        while synsets.count < count, let (stale, synset) = queue.pop() {
            let fresh = gain(synset)
            guard fresh > 0 else { continue }
            guard fresh == stale else {
                queue.push((fresh, synset))
                continue
            }
            synsets.append(synset)
            for member in below[synset] { said[Int(member)] = max(said[Int(member)], information[synset]) }
        }
    }

    /// log₂ of a positive number in 1/1024, rounded down, by repeated squaring in whole numbers.
    static func bits(_ value: Int) -> Int {
        let whole = Int.bitWidth - 1 - max(value, 1).leadingZeroBitCount
        // The mantissa in 1…2 as a fixed-point number of 31 bits behind the point.
        var mantissa = UInt64(max(value, 1))
        mantissa = whole > 31 ? mantissa >> UInt64(whole - 31) : mantissa << UInt64(31 - whole)
        var result = whole
        for _ in 0..<10 {
            mantissa = (mantissa * mantissa) >> 31
            result <<= 1
            if mantissa >= 1 << 32 {
                mantissa >>= 1
                result |= 1
            }
        }
        return result
    }
}

/// Synsets by falling gain, the lower number first among equals.
private struct GainQueue {
    private var heap: [(gain: Int, synset: Int)]

    init(_ elements: [(Int, Int)]) {
        // A sorted array is a heap.
        heap = elements.map { (gain: $0.0, synset: $0.1) }.sorted(by: GainQueue.precedes)
    }

    private static func precedes(_ a: (gain: Int, synset: Int), _ b: (gain: Int, synset: Int)) -> Bool {
        a.gain > b.gain || a.gain == b.gain && a.synset < b.synset
    }

    mutating func push(_ element: (Int, Int)) {
        heap.append((gain: element.0, synset: element.1))
        var child = heap.count - 1
        while child > 0, GainQueue.precedes(heap[child], heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> (Int, Int)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return (first.gain, first.synset) }
        heap[0] = last
        var parent = 0
        while true {
            var best = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if GainQueue.precedes(heap[child], heap[best]) { best = child }
            }
            if best == parent { break }
            heap.swapAt(parent, best)
            parent = best
        }
        return (first.gain, first.synset)
    }
}
