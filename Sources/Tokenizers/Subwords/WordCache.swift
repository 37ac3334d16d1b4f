/// Remembers the ids of short words, for one text after another.
///
/// Natural text repeats its words: a look-up costs a tenth of merging them again. The cache never holds more than
/// `maximumWords`; when it is full it starts afresh.
struct WordCache: Sendable {
    /// Longer words are rare and would fill the cache.
    static let longestWord = 64
    private static let maximumWords = 32_768

    private struct Entry {
        var hash: UInt64
        var keyStart: UInt32
        var keyCount: UInt32
        var idStart: UInt32
        /// Zero in a free slot: every word has at least one id here.
        var idCount: UInt32
    }

    private static let free = Entry(hash: 0, keyStart: 0, keyCount: 0, idStart: 0, idCount: 0)

    private var entries: [Entry] = Array(repeating: WordCache.free, count: 1024)
    private var keys: [UInt8] = []
    private var values: [UInt32] = []
    private var count = 0
    private let seed = ByteHash.seed

    /// Appends the ids remembered for `text[word]`.
    /// - Returns: whether there were any; if not, the word's hash for `insert`.
    @inline(__always)
    func append(_ text: Span<UInt8>, _ word: Range<Int>, hash: UInt64, to ids: inout [Int]) -> Bool {
        let mask = entries.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while entries[slot].idCount != 0 {
            let entry = entries[slot]
            if entry.hash == hash, Int(entry.keyCount) == word.count,
                ByteHash.equal(text, word, keys.span, at: Int(entry.keyStart))
            {
                for index in Int(entry.idStart)..<Int(entry.idStart) + Int(entry.idCount) {
                    ids.append(Int(values[index]))
                }
                return true
            }
            slot = (slot + 1) & mask
        }
        return false
    }

    /// The hash under which a word is kept.
    @inline(__always)
    func hash(_ text: Span<UInt8>, _ word: Range<Int>) -> UInt64 { ByteHash.hash(text, word, seed: seed) }

    /// Remembers `ids` for `text[word]`, which must not be in the cache.
    mutating func insert(_ text: Span<UInt8>, _ word: Range<Int>, hash: UInt64, _ ids: ArraySlice<Int>) {
        guard !ids.isEmpty else { return }
        if count * 2 >= entries.count { makeRoom() }
        let entry = Entry(
            hash: hash,
            keyStart: UInt32(truncatingIfNeeded: keys.count),
            keyCount: UInt32(truncatingIfNeeded: word.count),
            idStart: UInt32(truncatingIfNeeded: values.count),
            idCount: UInt32(truncatingIfNeeded: ids.count)
        )
        for index in word { keys.append(text[index]) }
        for id in ids { values.append(UInt32(truncatingIfNeeded: id)) }
        place(entry)
        count += 1
    }

    private mutating func place(_ entry: Entry) {
        let mask = entries.count - 1
        var slot = Int(truncatingIfNeeded: entry.hash) & mask
        while entries[slot].idCount != 0 { slot = (slot + 1) & mask }
        entries[slot] = entry
    }

    private mutating func makeRoom() {
        if count >= WordCache.maximumWords {
            keys.removeAll(keepingCapacity: true)
            values.removeAll(keepingCapacity: true)
            count = 0
            for slot in entries.indices { entries[slot] = WordCache.free }
            return
        }
        let old = entries
        entries = Array(repeating: WordCache.free, count: old.count * 2)
        for entry in old where entry.idCount != 0 { place(entry) }
    }
}
