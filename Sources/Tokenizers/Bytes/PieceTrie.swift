/// A byte trie that answers which pieces are prefixes of a text from some offset on.
///
/// Nodes are numbered breadth first, so the children of node `n` are the neighbours `firstChild[n]..<firstChild[n + 1]`
/// in order of their labels, and a node costs thirteen bytes. Nodes with many children have a table of 256 besides.
struct PieceTrie: Sendable {
    private var firstChild: [UInt32] = []
    private var labels: [UInt8] = [0]
    /// The value of the piece that ends at the node; -1 for none.
    private var values: [Int32] = [-1]
    /// The number of the node's table of children; -1 where it has few.
    private var tableNumbers: [Int32] = []
    /// Children by label, 256 a table, the root's first; 0 for none.
    private var tables: [UInt32] = []

    /// Nodes with more children have a table: others are searched faster than a table is fetched.
    private static let fewChildren = 8
    /// All tables together have at most so many entries per byte of the pieces; those nearest to the root come first.
    private static let entriesPerByte = 4

    /// The root node.
    static let root = 0

    /// A trie of `pieces` with their values. Empty pieces are left out; of equal pieces the last one stays.
    init(_ pieces: [(bytes: ArraySlice<UInt8>, value: Int)]) {
        let sorted = pieces.enumerated().sorted { left, right in
            if left.element.bytes.elementsEqual(right.element.bytes) { return left.offset < right.offset }
            return left.element.bytes.lexicographicallyPrecedes(right.element.bytes)
        }.map(\.element)
        let budget = pieces.reduce(0) { $0 + $1.bytes.count } * PieceTrie.entriesPerByte
        var queue: [(range: Range<Int>, depth: Int)] = [(sorted.indices, 0)]
        var next = 0
        while next < queue.count {
            var (range, depth) = queue[next]
            let firstLabel = labels.count
            firstChild.append(UInt32(truncatingIfNeeded: firstLabel))
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
                labels.append(label)
                values.append(-1)
                queue.append((first..<end, depth + 1))
                range = end..<range.upperBound
            }
            addTable(firstLabel..<labels.count, isWanted: next == 0 || tables.count < budget)
            next += 1
        }
        firstChild.append(UInt32(truncatingIfNeeded: labels.count))
    }

    /// Adds a table for the next node where one is wanted and it has many children; the root has one always.
    private mutating func addTable(_ children: Range<Int>, isWanted: Bool) {
        guard isWanted, tables.isEmpty || children.count > PieceTrie.fewChildren else {
            tableNumbers.append(-1)
            return
        }
        let start = tables.count
        tableNumbers.append(Int32(truncatingIfNeeded: start / 256))
        tables.append(contentsOf: repeatElement(0, count: 256))
        for child in children { tables[start + Int(labels[child])] = UInt32(truncatingIfNeeded: child) }
    }

    /// Whether no piece is in the trie.
    var isEmpty: Bool { labels.count == 1 }

    /// Whether a piece starts with `byte`.
    @inline(__always)
    func hasPiece(startingWith byte: UInt8) -> Bool { tables[Int(byte)] != 0 }

    /// The node reached from `node` over `byte`.
    @inline(__always)
    func child(of node: Int, over byte: UInt8) -> Int? {
        let table = Int(tableNumbers[node])
        if table >= 0 {
            let child = tables[table << 8 | Int(byte)]
            return child == 0 ? nil : Int(child)
        }
        for child in Int(firstChild[node])..<Int(firstChild[node + 1]) where labels[child] == byte { return child }
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
