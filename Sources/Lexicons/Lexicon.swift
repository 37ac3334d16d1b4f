/// Words, the senses of each, and the sememes of each sense.
public struct Lexicon: Sendable, Equatable {
    /// One meaning of a word.
    public struct Sense: Hashable, Sendable {
        /// What kind of word it is.
        public var partOfSpeech: PartOfSpeech
        /// How often the sense was met in tagged text; 0 where nothing is known.
        public var count: Int
        /// The sememes as positions in the lexicon's list, the most telling one first.
        public var sememes: [Int]

        /// A sense of the given sememes.
        public init(partOfSpeech: PartOfSpeech, count: Int = 0, sememes: [Int]) {
            self.partOfSpeech = partOfSpeech
            self.count = count
            self.sememes = sememes
        }
    }

    /// One word with its senses, the most frequent one first.
    struct Entry: Hashable, Sendable {
        /// UTF-8, in lower case.
        var word: [UInt8]
        var senses: [Sense]
    }

    /// Where it comes from, in words.
    public let origin: String
    /// The names of the sememes, the most useful ones first: a smaller inventory is a beginning of the list.
    public let sememes: [String]
    /// Sorted by the bytes of their words, each word once.
    let entries: [Entry]
    /// Finds the dictionary forms of inflected words; nil where the source says nothing of inflection.
    public let lemmatizer: Lemmatizer?

    /// The number of words.
    public var wordCount: Int { entries.count }
    /// The number of senses of all words.
    public var senseCount: Int { entries.reduce(0) { $0 + $1.senses.count } }

    /// A lexicon of `entries` in any order; senses of words that come several times are put together.
    ///
    /// Senses are ordered by falling count, equal ones as they come; a sense whose sememes a former one of the same part
    /// of speech has is left out.
    init(origin: String, sememes: [String], entries: [Entry], lemmatizer: Lemmatizer? = nil) {
        self.origin = origin
        self.sememes = sememes
        self.lemmatizer = lemmatizer
        let sorted = entries.enumerated().sorted { a, b in
            a.element.word == b.element.word
                ? a.offset < b.offset : a.element.word.lexicographicallyPrecedes(b.element.word)
        }
        var merged: [Entry] = []
        merged.reserveCapacity(sorted.count)
        for (_, entry) in sorted {
            if merged.last?.word == entry.word {
                merged[merged.count - 1].senses += entry.senses
            } else {
                merged.append(entry)
            }
        }
        self.entries = merged.map { entry in
            var known: Set<[Int]> = []
            let ordered = entry.senses.enumerated().sorted { a, b in
                (-a.element.count, a.offset) < (-b.element.count, b.offset)
            }
            let senses = ordered.map(\.element).filter {
                known.insert([Int($0.partOfSpeech.rawValue)] + $0.sememes).inserted
            }
            return Entry(word: entry.word, senses: senses)
        }
    }

    /// The senses of `word` exactly as written; empty where the lexicon lacks it.
    public func senses(of word: some Collection<UInt8>) -> [Sense] {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].word.lexicographicallyPrecedes(word) { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].word.elementsEqual(word) ? entries[low].senses : []
    }

    /// Whether the lexicon has `word` exactly as written.
    public func contains(_ word: some Collection<UInt8>) -> Bool { !senses(of: word).isEmpty }
}

/// What kind of word a sense belongs to.
public enum PartOfSpeech: UInt8, CaseIterable, Hashable, Sendable {
    /// Not told.
    case unknown = 0
    /// A noun.
    case noun = 1
    /// A verb.
    case verb = 2
    /// An adjective.
    case adjective = 3
    /// An adverb.
    case adverb = 4
    /// Anything else.
    case other = 5

    /// The kind that a source's own name means: `n`, `noun`, `v`, `adj`, `a`, `s`, `adv`, `r`, …
    init(named name: String) {
        switch name.lowercased() {
        case "": self = .unknown
        case "n", "noun": self = .noun
        case "v", "verb": self = .verb
        case "a", "s", "adj", "adjective": self = .adjective
        case "r", "adv", "adverb": self = .adverb
        default: self = .other
        }
    }

    /// The name in tables.
    public var name: String {
        switch self {
        case .unknown: "–"
        case .noun: "noun"
        case .verb: "verb"
        case .adjective: "adjective"
        case .adverb: "adverb"
        case .other: "other"
        }
    }
}
