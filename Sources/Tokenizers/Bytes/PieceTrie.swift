/// A byte trie that answers which pieces are prefixes of a text from some offset on.
///
/// Nodes are numbered breadth first, so the children of node `n` are the neighbours `firstChild[n]..<firstChild[n + 1]`
/// in order of their labels, and a node costs nine bytes.
struct PieceTrie: Sendable {
    private var firstChild: [UInt32] = []
    private var labels: [UInt8] = [0]
    /// The value of the piece that ends at the node; -1 for none.
    private var values: [Int32] = [-1]
    /// The root's children by label; 0 for none.
    private var roots: [UInt32] = Array(repeating: 0, count: 256)

    /// The root node.
    static let root = 0

    /// A trie of `pieces` with their values. Empty pieces are left out; of equal pieces the last one stays.
    init(_ pieces: [(bytes: ArraySlice<UInt8>, value: Int)]) {
        let sorted = pieces.enumerated().sorted { left, right in
            if left.element.bytes.elementsEqual(right.element.bytes) { return left.offset < right.offset }
            return left.element.bytes.lexicographicallyPrecedes(right.element.bytes)
        }.map(\.element)
        var queue: [(range: Range<Int>, depth: Int)] = [(sorted.indices, 0)]
        var next = 0
        while next < queue.count {
            var (range, depth) = queue[next]
            firstChild.append(UInt32(truncatingIfNeeded: labels.count))
            while let index = range.first, sorted[index].bytes.count == depth {
                if depth > 0 { values[next] = Int32(truncatingIfNeeded: sorted[index].value) }
                range.removeFirst()
            }
            while let first = range.first {
                let label = sorted[first].bytes[sorted[first].bytes.startIndex + depth]
                var end = first + 1
                while end < range.upperBound, sorted[end].bytes[sorted[end].bytes.startIndex + depth] == label {
                    end += 1
                }
                if depth == 0 { roots[Int(label)] = UInt32(truncatingIfNeeded: labels.count) }
                labels.append(label)
                values.append(-1)
                queue.append((first..<end, depth + 1))
                range = end..<range.upperBound
            }
            next += 1
        }
        firstChild.append(UInt32(truncatingIfNeeded: labels.count))
    }

    /// Whether no piece is in the trie.
    var isEmpty: Bool { labels.count == 1 }

    /// Whether a piece starts with `byte`.
    @inline(__always)
    func hasPiece(startingWith byte: UInt8) -> Bool { roots[Int(byte)] != 0 }

    /// The node reached from `node` over `byte`.
    @inline(__always)
    func child(of node: Int, over byte: UInt8) -> Int? {
        if node == PieceTrie.root {
            let child = roots[Int(byte)]
            return child == 0 ? nil : Int(child)
        }
        var low = Int(firstChild[node])
        var high = Int(firstChild[node + 1])
        while high - low > 8 {
            let middle = (low + high) / 2
            if labels[middle] <= byte { low = middle } else { high = middle }
        }
        while low < high {
            if labels[low] == byte { return low }
            low += 1
        }
        return nil
    }

    /// The value of the piece that ends at `node`; -1 for none.
    @inline(__always)
    func value(at node: Int) -> Int { Int(values[node]) }

    /// The longest piece that `text[range]` starts with.
    @inline(__always)
    func longestMatch(in text: Span<UInt8>, _ range: Range<Int>) -> (value: Int, end: Int)? {
        var node = PieceTrie.root
        var match: (value: Int, end: Int)?
        for offset in range {
            guard let child = child(of: node, over: text[offset]) else { break }
            node = child
            if values[node] >= 0 { match = (Int(values[node]), offset + 1) }
        }
        return match
    }
}
