extension MorphemeModel {
    /// How a model is trained.
    public struct TrainingOptions: Sendable {
        /// Weight of the words' part of the description against the lexicon's.
        public var corpusWeight: Double
        /// Passes over the words at most; training ends earlier when a pass gains less than 0.005 nats a word.
        public var passes: Int
        /// Decides the order of the words in each pass.
        public var seed: UInt64

        /// Options of the given values.
        public init(corpusWeight: Double = 1, passes: Int = 20, seed: UInt64 = 1) {
            (self.corpusWeight, self.passes, self.seed) = (corpusWeight, passes, seed)
        }
    }

    /// Trains a model on `words` (UTF-8; each once, whatever its frequency, which suits vocabularies).
    ///
    /// Recursive segmentation: each word in turn is taken out and put back whole or as the best two parts, which are treated
    /// alike; parts that were split elsewhere stay split.
    /// - Throws: for an empty list of words.
    public init(training words: [[UInt8]], _ options: TrainingOptions = TrainingOptions()) throws(LexiconError) {
        let spelt = Set(words.map { String(decoding: $0, as: UTF8.self).unicodeScalars.map(\.value) })
            .filter { !$0.isEmpty }.sorted { $0.lexicographicallyPrecedes($1) }
        guard !spelt.isEmpty else {
            throw LexiconError(
                place: "words",
                cause: "there is none to learn morphemes from",
                remedy: "name a vocabulary or list with words"
            )
        }
        var training = MorphemeTraining(words: spelt, corpusWeight: options.corpusWeight)
        var length = training.length.total
        for pass in 0..<max(1, options.passes) {
            for word in MorphemeTraining.order(spelt, pass: pass, seed: options.seed) { training.split(word[...]) }
            let next = training.length.total
            if next >= length - 0.005 * Double(spelt.count) { break }
            length = next
        }
        self.init(counts: training.morphemes, wordCount: spelt.count)
    }
}

/// The state of a running training: for each word or part, how often it occurs and where it is split.
private struct MorphemeTraining {
    private struct Node {
        var count: Int
        /// The length of the first part; 0 for a morpheme.
        var split = 0
    }

    private var nodes: [ArraySlice<UInt32>: Node] = [:]
    private(set) var length: DescriptionLength

    init(words: [[UInt32]], corpusWeight: Double) {
        length = DescriptionLength(wordCount: words.count, corpusWeight: corpusWeight)
        nodes.reserveCapacity(words.count * 2)
        for word in words { change(word[...], by: 1) }
    }

    var morphemes: [ArraySlice<UInt32>: Int] { nodes.filter { $0.value.split == 0 }.mapValues(\.count) }

    /// The words by a hash of their position: another order in each pass, the same on every machine.
    static func order(_ words: [[UInt32]], pass: Int, seed: UInt64) -> [[UInt32]] {
        let keys = words.indices.map { index in
            var hash = seed &+ (UInt64(index) &+ UInt64(pass) << 32) &* 0x9E37_79B9_7F4A_7C15
            hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
            hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
            return (hash ^ hash >> 31, index)
        }
        return keys.sorted { $0 < $1 }.map { words[$0.1] }
    }

    /// Puts `word` and its parts where the description gets shortest.
    mutating func split(_ word: ArraySlice<UInt32>) {
        guard word.count > 1, let count = nodes[word]?.count, count > 0 else { return }
        change(word, by: -count)
        change(word, by: count)
        var best = (length: length.total, place: 0)
        change(word, by: -count)
        for place in 1..<word.count {
            let (first, second) = (word.prefix(place), word.dropFirst(place))
            change(first, by: count)
            change(second, by: count)
            if length.total <= best.length { best = (length.total, place) }
            change(first, by: -count)
            change(second, by: -count)
        }
        guard best.place > 0 else {
            change(word, by: count)
            return
        }
        let (first, second) = (word.prefix(best.place), word.dropFirst(best.place))
        nodes[word] = Node(count: count, split: best.place)
        change(first, by: count)
        change(second, by: count)
        split(first)
        if first != second { split(second) }
    }

    /// Changes how often `part` occurs, and with it its own parts. A part that no longer occurs is forgotten.
    private mutating func change(_ part: ArraySlice<UInt32>, by difference: Int) {
        let old = nodes[part] ?? Node(count: 0)
        let new = old.count + difference
        nodes[part] = new == 0 ? nil : Node(count: new, split: old.split)
        guard old.split == 0 else {
            change(part.prefix(old.split), by: difference)
            change(part.dropFirst(old.split), by: difference)
            return
        }
        length.change(part, from: old.count, to: new)
    }
}
