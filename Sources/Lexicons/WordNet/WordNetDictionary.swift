import Foundation

/// The dict files of a WordNet release (3.0, as Debian's `wordnet-base` installs it): synsets, words, exceptions.
///
/// Synsets are found by the offset that their own line states, so a file whose lines were moved since stays usable as long
/// as pointers name the same numbers.
struct WordNetDictionary {
    /// One set of synonyms.
    struct Synset {
        /// Noun, verb, adjective or adverb.
        var partOfSpeech: PartOfSpeech
        /// The number of its lexicographer file, 0…44.
        var topic: Int
        /// The first of its words.
        var word: [UInt8]
        /// What it is a kind of, as positions among all synsets; filled once all are read.
        var parents: [Int]
        /// Where it was read, for messages.
        var file: String
        var line: Int
    }

    /// One sense of a word.
    struct Sense {
        var synset: Int
        /// From 1, among the senses of the word's part of speech.
        var number: Int
        /// Times it was met in tagged text.
        var count: Int
    }

    private(set) var synsets: [Synset] = []
    /// Words with blanks instead of underscores, and their senses in the order of each index file.
    private(set) var words: [(word: [UInt8], senses: [Sense])] = []
    private(set) var exceptions: [(form: [UInt8], candidate: Lemmatizer.Candidate)] = []
    private(set) var skipped = 0

    private static let parts: [(name: String, kind: PartOfSpeech, letter: UInt8)] = [
        ("noun", .noun, UInt8(ascii: "n")), ("verb", .verb, UInt8(ascii: "v")),
        ("adj", .adjective, UInt8(ascii: "a")), ("adv", .adverb, UInt8(ascii: "r")),
    ]

    /// What pointers count as "is a kind of": hypernyms; for adjectives the head of a cluster, the attribute and the noun
    /// that they pertain to; for adverbs the adjective that they come from.
    private static let parentPointers: [PartOfSpeech: [String]] = [
        .noun: ["@", "@i"], .verb: ["@"], .adjective: ["&", "=", "\\"], .adverb: ["\\"],
    ]

    private var numbers: [Int: Int] = [:]
    private var pointers: [(synset: Int, target: Int)] = []

    /// Reads the folder of dict files.
    ///
    /// - Throws: for a file that is missing or a line that breaks the format; with `badLines` skipping, such lines are
    ///   counted, and pointers to synsets that are not there are passed over.
    init(_ folder: String, badLines: BadLines) throws(LexiconError) {
        for part in WordNetDictionary.parts { try readSynsets(folder, part, badLines) }
        for (synset, target) in pointers {
            guard let parent = numbers[target] else {
                guard badLines == .skipped else {
                    throw LexiconError.line(
                        synsets[synset].line,
                        "a pointer to synset \(target % 1_000_000_000), which is not there"
                    ).inFile(synsets[synset].file)
                }
                skipped += 1
                continue
            }
            synsets[synset].parents.append(parent)
        }
        let counts = try WordNetDictionary.counts(folder, badLines, &skipped)
        for part in WordNetDictionary.parts { try readIndex(folder, part, counts, badLines) }
        exceptions = try WordNetDictionary.exceptions(folder, badLines: badLines, skipped: &skipped)
    }

    private static func key(_ kind: PartOfSpeech, _ offset: Int) -> Int { Int(kind.rawValue) * 1_000_000_000 + offset }

    private mutating func readSynsets(
        _ folder: String,
        _ part: (name: String, kind: PartOfSpeech, letter: UInt8),
        _ badLines: BadLines
    ) throws(LexiconError) {
        var reader = try LineReader("\(folder)/data.\(part.name)")
        let file = reader.file
        skipped += try reader.forEach(badLines) { (line, number) throws(LexiconError) in
            // The licence stands in front, on lines that start with blanks.
            guard let first = line.first, first != 0x20 else { return }
            var fields = FieldReader(line: line, number: number)
            let offset = try fields.number("an offset", below: 1_000_000_000)
            let topic = try fields.number("a lexicographer file", below: WordNetDictionary.topics.count)
            let letter = try fields.next("a kind of synset")
            guard letter.count == 1,
                letter.first == part.letter || letter.first == UInt8(ascii: "s") && part.kind == .adjective
            else {
                throw LexiconError.line(number, "the kind of synset \"\(letter.text)\" in \(part.name)")
            }
            let wordCount = try fields.number("a count of words", radix: 16, below: 256)
            guard wordCount > 0 else { throw LexiconError.line(number, "a synset without words") }
            var words: [[UInt8]] = []
            for _ in 0..<wordCount {
                words.append(WordNetDictionary.word(try fields.next("a word")))
                _ = try fields.number("a lexical id", radix: 16, below: 256)
            }
            let wanted = WordNetDictionary.parentPointers[part.kind] ?? []
            var targets: [Int] = []
            for _ in 0..<(try fields.number("a count of pointers", below: 1000)) {
                let symbol = try fields.next("a pointer").text
                let target = try fields.number("an offset", below: 1_000_000_000)
                let kind = PartOfSpeech(named: try fields.next("a part of speech").text)
                _ = try fields.next("source and target")
                // Only satellites have a head: similarity between heads goes both ways and is no hierarchy.
                guard wanted.contains(symbol), symbol != "&" || letter.first == UInt8(ascii: "s") else { continue }
                targets.append(WordNetDictionary.key(kind, target))
            }
            let key = WordNetDictionary.key(part.kind, offset)
            guard numbers[key] == nil else { throw LexiconError.line(number, "a second synset \(offset)") }
            numbers[key] = synsets.count
            pointers += targets.map { (synsets.count, $0) }
            synsets.append(
                Synset(partOfSpeech: part.kind, topic: topic, word: words[0], parents: [], file: file, line: number)
            )
        }
    }

    private mutating func readIndex(
        _ folder: String,
        _ part: (name: String, kind: PartOfSpeech, letter: UInt8),
        _ counts: [[UInt8]: Int],
        _ badLines: BadLines
    ) throws(LexiconError) {
        var reader = try LineReader("\(folder)/index.\(part.name)")
        skipped += try reader.forEach(badLines) { (line, number) throws(LexiconError) in
            guard let first = line.first, first != 0x20 else { return }
            var fields = FieldReader(line: line, number: number)
            let lemma = try fields.next("a word")
            _ = try fields.next("a part of speech")
            let senseCount = try fields.number("a count of senses", below: 1000)
            for _ in 0..<(try fields.number("a count of pointers", below: 1000)) { _ = try fields.next("a pointer") }
            _ = try fields.number("a count of senses", below: 1000)
            _ = try fields.number("a count of tagged senses", below: 1000)
            var senses: [Sense] = []
            for position in 1...max(1, senseCount) {
                let offset = try fields.number("an offset", below: 1_000_000_000)
                guard let synset = numbers[WordNetDictionary.key(part.kind, offset)] else {
                    throw LexiconError.line(number, "\"\(lemma.text)\" in synset \(offset), which is not there")
                }
                let key = [part.letter] + lemma + [UInt8(ascii: " ")] + String(position).utf8
                senses.append(Sense(synset: synset, number: position, count: counts[key] ?? 0))
            }
            words.append((WordNetDictionary.word(lemma), senses))
        }
    }

    /// Tag counts by part of speech, word and sense number.
    private static func counts(
        _ folder: String,
        _ badLines: BadLines,
        _ skipped: inout Int
    ) throws(LexiconError) -> [[UInt8]: Int] {
        let path = "\(folder)/cntlist.rev"
        // Releases without it order senses by the index files alone.
        guard FileManager.default.fileExists(atPath: path) else { return [:] }
        var counts: [[UInt8]: Int] = [:]
        var reader = try LineReader(path)
        skipped += try reader.forEach(badLines) { (line, number) throws(LexiconError) in
            guard !line.isEmpty else { return }
            var fields = FieldReader(line: line, number: number)
            let key = try fields.next("a sense key")
            let sense = try fields.number("a sense number", below: 1000)
            let count = try fields.number("a count", below: 1 << 32)
            guard let percent = key.lastIndex(of: UInt8(ascii: "%")), percent + 1 < key.endIndex else {
                throw LexiconError.line(number, "the sense key \"\(key.text)\" has no %")
            }
            let letters: [UInt8: UInt8] = [0x31: 0x6E, 0x32: 0x76, 0x33: 0x61, 0x34: 0x72, 0x35: 0x61]
            guard let letter = letters[key[percent + 1]] else {
                throw LexiconError.line(number, "the sense key \"\(key.text)\" has no part of speech")
            }
            counts[[letter] + key[..<percent] + [UInt8(ascii: " ")] + String(sense).utf8] = count
        }
        return counts
    }

    /// The irregular forms of all parts of speech.
    static func exceptions(
        _ folder: String,
        badLines: BadLines = .refused,
        skipped: inout Int
    ) throws(LexiconError) -> [(form: [UInt8], candidate: Lemmatizer.Candidate)] {
        var exceptions: [(form: [UInt8], candidate: Lemmatizer.Candidate)] = []
        for part in parts {
            var reader = try LineReader("\(folder)/\(part.name).exc")
            skipped += try reader.forEach(badLines) { (line, number) throws(LexiconError) in
                let fields = line.fields(0x20).filter { !$0.isEmpty }
                guard !fields.isEmpty else { return }
                guard fields.count > 1 else { throw LexiconError.line(number, "a form without its dictionary form") }
                for lemma in fields.dropFirst() {
                    let candidate = Lemmatizer.Candidate(lemma: word(lemma), partOfSpeech: part.kind)
                    exceptions.append((word(fields[0]), candidate))
                }
            }
        }
        return exceptions
    }

    /// Blanks for underscores; an adjective's marker of its place, `(p)`, is taken off.
    private static func word(_ field: ArraySlice<UInt8>) -> [UInt8] {
        var field = field
        if field.last == UInt8(ascii: ")"), let open = field.lastIndex(of: UInt8(ascii: "(")), open > field.startIndex {
            field = field[..<open]
        }
        return field.map { $0 == UInt8(ascii: "_") ? 0x20 : $0 }
    }

    /// The lexicographer files in the order of their numbers.
    static let topics = [
        "adj.all", "adj.pert", "adv.all", "noun.Tops", "noun.act", "noun.animal", "noun.artifact", "noun.attribute",
        "noun.body", "noun.cognition", "noun.communication", "noun.event", "noun.feeling", "noun.food", "noun.group",
        "noun.location", "noun.motive", "noun.object", "noun.person", "noun.phenomenon", "noun.plant",
        "noun.possession",
        "noun.process", "noun.quantity", "noun.relation", "noun.shape", "noun.state", "noun.substance", "noun.time",
        "verb.body", "verb.change", "verb.cognition", "verb.communication", "verb.competition", "verb.consumption",
        "verb.contact", "verb.creation", "verb.emotion", "verb.motion", "verb.perception", "verb.possession",
        "verb.social", "verb.stative", "verb.weather", "adj.ppl",
    ]
}

/// The fields of a line, one after the other.
private struct FieldReader {
    private var rest: ArraySlice<UInt8>
    private let number: Int

    init(line: ArraySlice<UInt8>, number: Int) {
        (rest, self.number) = (line, number)
    }

    mutating func next(_ name: String) throws(LexiconError) -> ArraySlice<UInt8> {
        while rest.first == 0x20 { rest.removeFirst() }
        let end = rest.firstIndex(of: 0x20) ?? rest.endIndex
        guard end > rest.startIndex else { throw LexiconError.line(number, "the line ends where \(name) is expected") }
        defer { rest = rest[end...] }
        return rest[..<end]
    }

    mutating func number(_ name: String, radix: Int = 10, below limit: Int) throws(LexiconError) -> Int {
        let field = try next(name)
        guard let value = Int(field.text, radix: radix), value >= 0, value < limit else {
            throw LexiconError.line(number, "\"\(field.prefix(40).text)\" is no \(name) below \(limit)")
        }
        return value
    }
}
