import Foundation

/// The stored form of a lexicon, described in this module's README: the same lexicon always gives the same bytes.
public enum LexiconFile {
    /// What every file starts with; the last byte is the version.
    static let magic = Array("SEELEX".utf8) + [0, 1]
    /// The largest file that is read: WordNet takes 3 MB.
    static let largestFile = 1 << 30

    /// Whether `bytes` begin a lexicon file of any version.
    static func begins(_ bytes: some Sequence<UInt8>) -> Bool { bytes.starts(with: magic.dropLast()) }

    /// Whether the file at `path` begins as a lexicon file does.
    public static func isLexicon(_ path: String) -> Bool {
        guard let handle = FileHandle(forReadingAtPath: path),
            let head = try? handle.read(upToCount: magic.count)
        else { return false }
        return begins(head)
    }

    /// The bytes of `lexicon`.
    public static func bytes(of lexicon: Lexicon) -> [UInt8] {
        var output = magic
        func number(_ value: Int) {
            var rest = UInt64(max(0, value))
            while rest >= 0x80 {
                output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            output.append(UInt8(truncatingIfNeeded: rest))
        }
        func text(_ bytes: some Collection<UInt8>) {
            number(bytes.count)
            output += bytes
        }
        text(lexicon.origin.utf8)
        number(lexicon.sememes.count)
        for name in lexicon.sememes { text(name.utf8) }
        var sets: [[Int]: Int] = [:]
        var ordered: [[Int]] = []
        for entry in lexicon.entries {
            for sense in entry.senses where sets[sense.sememes] == nil {
                sets[sense.sememes] = ordered.count
                ordered.append(sense.sememes)
            }
        }
        number(ordered.count)
        for sememes in ordered {
            number(sememes.count)
            for sememe in sememes { number(sememe) }
        }
        number(lexicon.entries.count)
        var previous: [UInt8] = []
        for entry in lexicon.entries {
            let shared = zip(previous, entry.word).prefix { $0 == $1 }.count
            number(shared)
            text(entry.word.dropFirst(shared))
            number(entry.senses.count)
            for sense in entry.senses {
                number((sets[sense.sememes] ?? 0) * 8 + Int(sense.partOfSpeech.rawValue))
                number(sense.count)
            }
            previous = entry.word
        }
        guard let lemmatizer = lexicon.lemmatizer else {
            number(0)
            return output
        }
        number(lemmatizer.detachesEnglishEndings ? 2 : 1)
        number(lemmatizer.exceptions.count)
        for exception in lemmatizer.exceptions {
            text(exception.form)
            number(exception.candidates.count)
            for candidate in exception.candidates {
                number(Int(candidate.partOfSpeech.rawValue))
                text(candidate.lemma)
            }
        }
        return output
    }

    /// The lexicon in the file at `path`.
    public static func lexicon(_ path: String) throws(LexiconError) -> Lexicon {
        let data: Data
        do {
            let size = try URL(filePath: path).resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
            guard size <= largestFile else {
                throw LexiconError(
                    file: path,
                    place: "size",
                    cause: "\(size) bytes, at most \(largestFile) are read",
                    remedy: "name a file that lexicon build wrote"
                )
            }
            data = try Data(contentsOf: URL(filePath: path))
        } catch let error as LexiconError {
            throw error
        } catch {
            throw LexiconError(
                file: path,
                place: "opening",
                cause: "it cannot be read: \(error.localizedDescription)",
                remedy: "name a file that lexicon build wrote"
            )
        }
        do throws(LexiconError) {
            return try lexicon(Array(data))
        } catch {
            throw error.inFile(path)
        }
    }

    /// The lexicon that `bytes` store; nothing of them is trusted.
    public static func lexicon(_ bytes: [UInt8]) throws(LexiconError) -> Lexicon {
        var input = LexiconBytes(bytes)
        guard begins(bytes), bytes.count >= magic.count else { throw input.failure("this is no lexicon file") }
        guard bytes[magic.count - 1] == magic[magic.count - 1] else {
            throw input.failure("version \(bytes[magic.count - 1]), this program reads \(magic[magic.count - 1])")
        }
        input.offset = magic.count
        let origin = try input.text()
        let sememes = try input.list(leastBytes: 1) { (input) throws(LexiconError) in try input.text() }
        let sets = try input.list(leastBytes: 1) { (input) throws(LexiconError) in
            try input.list(leastBytes: 1) { (input) throws(LexiconError) in try input.number(below: sememes.count) }
        }
        var previous: [UInt8] = []
        let entries = try input.list(leastBytes: 3) { (input) throws(LexiconError) in
            let shared = try input.number(below: previous.count + 1)
            let word = try previous[..<shared] + input.bytes()
            guard previous.isEmpty && word.isEmpty || previous.lexicographicallyPrecedes(word) else {
                throw input.failure("words are not in order")
            }
            previous = Array(word)
            let senses = try input.list(leastBytes: 2) { (input) throws(LexiconError) in
                let code = try input.number(below: max(1, sets.count) * 8)
                guard let kind = PartOfSpeech(rawValue: UInt8(code % 8)), sets.indices.contains(code / 8) else {
                    throw input.failure("a part of speech or set of sememes that is not there")
                }
                return Lexicon.Sense(partOfSpeech: kind, count: try input.number(below: .max), sememes: sets[code / 8])
            }
            return Lexicon.Entry(word: previous, senses: senses)
        }
        let lemmatizer = try lemmatizer(&input)
        guard input.offset == bytes.count else { throw input.failure("\(bytes.count - input.offset) bytes too many") }
        return Lexicon(origin: origin, sememes: sememes, entries: entries, lemmatizer: lemmatizer)
    }

    private static func lemmatizer(_ input: inout LexiconBytes) throws(LexiconError) -> Lemmatizer? {
        let form = try input.number(below: 3)
        guard form > 0 else { return nil }
        let exceptions = try input.list(leastBytes: 2) { (input) throws(LexiconError) in
            let form = try input.bytes()
            return try input.list(leastBytes: 2) { (input) throws(LexiconError) in
                let code = try input.number(below: PartOfSpeech.allCases.count)
                let kind = PartOfSpeech(rawValue: UInt8(code)) ?? .unknown
                return (
                    form: Array(form),
                    candidate: Lemmatizer.Candidate(lemma: Array(try input.bytes()), partOfSpeech: kind)
                )
            }
        }
        return Lemmatizer(exceptions: Array(exceptions.joined()), detachesEnglishEndings: form == 2)
    }
}

/// A cursor over a lexicon file: every number and length is checked against what is left.
private struct LexiconBytes {
    private let content: [UInt8]
    var offset = 0

    init(_ content: [UInt8]) {
        self.content = content
    }

    func failure(_ cause: String) -> LexiconError {
        LexiconError(place: "byte \(offset)", cause: cause, remedy: "build it again: seeconv lexicon build")
    }

    mutating func number(below limit: Int) throws(LexiconError) -> Int {
        var value = 0
        for shift in stride(from: 0, to: 63, by: 7) {
            guard offset < content.count else { throw failure("the file is cut short") }
            let byte = content[offset]
            offset += 1
            guard shift < 56 || byte < 0x80 else { throw failure("a number is too long") }
            value |= Int(byte & 0x7F) << shift
            if byte < 0x80 {
                guard value < limit else { throw failure("\(value) where less than \(limit) is possible") }
                return value
            }
        }
        throw failure("a number is too long")
    }

    mutating func bytes() throws(LexiconError) -> ArraySlice<UInt8> {
        let count = try number(below: content.count - offset + 1)
        guard count <= content.count - offset else { throw failure("the file is cut short") }
        defer { offset += count }
        return content[offset..<offset + count]
    }

    mutating func text() throws(LexiconError) -> String {
        let bytes = try bytes()
        guard bytes.withUnsafeBufferPointer({ (try? UTF8Span(validating: $0.span)) != nil }) else {
            throw failure("a name is not UTF-8")
        }
        return bytes.text
    }

    /// A count and as many elements, each of at least `leastBytes`, so that no count can ask for more than the file has.
    mutating func list<Element>(
        leastBytes: Int,
        _ element: (inout LexiconBytes) throws(LexiconError) -> Element
    ) throws(LexiconError) -> [Element] {
        let count = try number(below: (content.count - offset) / leastBytes + 1)
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try element(&self)) }
        return elements
    }
}
