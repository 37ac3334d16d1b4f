import JSONText

/// A lexicon, and how many bad lines were left out of it.
public struct LoadedLexicon: Sendable {
    /// The lexicon.
    public var lexicon: Lexicon
    /// Lines that broke the format and were skipped.
    public var skipped: Int

    /// A lexicon of which `skipped` lines were left out.
    public init(lexicon: Lexicon, skipped: Int) {
        (self.lexicon, self.skipped) = (lexicon, skipped)
    }
}

extension Lexicon {
    /// Reads a table of the user's own: a sense a line, columns separated by tabs.
    ///
    /// A first line that starts with `#` names the columns: `word` (or `lemma`), `sememes` (separated by blanks, the most
    /// telling one first), and optionally `pos` and `count`; others are passed over. Without it a line is word, sememes,
    /// or word, part of speech, sememes. Later lines that start with `#` are words.
    /// - Parameter lemmatizer: Finds the words' inflected forms; nil where their language has none here.
    /// - Throws: for the first bad line, or, where `badLines` skips them, for a file without good ones.
    public static func table(
        _ path: String,
        lemmatizer: Lemmatizer? = nil,
        badLines: BadLines = .refused
    ) throws(LexiconError) -> LoadedLexicon {
        var builder = LexiconBuilder()
        var reader = try LineReader(path)
        var columns: TableColumns?
        let skipped = try reader.forEach(badLines) { (line, number) throws(LexiconError) in
            if number == 1, line.first == UInt8(ascii: "#") {
                columns = try TableColumns(header: line.dropFirst(), line: number)
                return
            }
            guard !line.isEmpty else { return }
            let fields = line.fields(0x09)
            let places: TableColumns
            if let columns { places = columns } else { places = try TableColumns(count: fields.count, line: number) }
            guard fields.count > max(places.word, places.sememes) else {
                throw LexiconError.line(
                    number,
                    "\(fields.count) columns, at least \(max(places.word, places.sememes) + 1) expected"
                )
            }
            let (word, sememes) = (
                fields[places.word].trimmed, fields[places.sememes].fields(0x20).filter { !$0.isEmpty }
            )
            guard !word.isEmpty else { throw LexiconError.line(number, "the word is empty") }
            guard !sememes.isEmpty else { throw LexiconError.line(number, "\"\(word.text)\" has no sememe") }
            var count = 0
            if let column = places.count, fields.indices.contains(column) {
                guard let value = Int(fields[column].trimmed.text), value >= 0 else {
                    throw LexiconError.line(number, "the count \"\(fields[column].text)\" is no whole number")
                }
                count = value
            }
            let kind = places.partOfSpeech.flatMap { fields.indices.contains($0) ? fields[$0].text : nil } ?? ""
            builder.add(word, PartOfSpeech(named: kind), count: count, sememes: sememes)
        }
        return LoadedLexicon(
            lexicon: try builder.lexicon(origin: "table", file: path, lemmatizer: lemmatizer),
            skipped: skipped
        )
    }

    /// Reads JSON lines of the user's own: a sense a line,
    /// `{"word": "lion", "pos": "n", "count": 3, "sememes": ["beast", "animal"]}`; `pos` and `count` may be absent, other
    /// members are passed over.
    /// - Parameter lemmatizer: Finds the words' inflected forms; nil where their language has none here.
    /// - Throws: as `table` does.
    public static func jsonLines(
        _ path: String,
        lemmatizer: Lemmatizer? = nil,
        badLines: BadLines = .refused
    ) throws(LexiconError) -> LoadedLexicon {
        var builder = LexiconBuilder()
        var reader = try LineReader(path)
        let skipped = try reader.forEach(badLines) { (line, number) throws(LexiconError) in
            guard !line.trimmed.isEmpty else { return }
            let value: JSONValue
            do {
                value = try JSONValue(parsing: Array(line))
            } catch {
                throw LexiconError.line(number, "\(error)")
            }
            guard let word = value["word"]?.string, !word.isEmpty else {
                throw LexiconError.line(number, "\"word\" is missing or no text")
            }
            let sememes = value["sememes"]?.elements?.compactMap(\.string) ?? []
            guard !sememes.isEmpty, sememes.count == value["sememes"]?.elements?.count,
                !sememes.contains(where: \.isEmpty)
            else {
                throw LexiconError.line(number, "\"sememes\" of \"\(word)\" is no list of texts")
            }
            guard value["count"] == nil || (value["count"]?.int ?? -1) >= 0 else {
                throw LexiconError.line(number, "\"count\" is no whole number")
            }
            builder.add(
                word.utf8,
                PartOfSpeech(named: value["pos"]?.string ?? ""),
                count: value["count"]?.int ?? 0,
                sememes: sememes.map { ArraySlice($0.utf8) }
            )
        }
        return LoadedLexicon(
            lexicon: try builder.lexicon(origin: "table", file: path, lemmatizer: lemmatizer),
            skipped: skipped
        )
    }
}

/// Which column of a table holds what.
private struct TableColumns {
    var word = 0
    var partOfSpeech: Int?
    var sememes = 1
    var count: Int?

    init(header: ArraySlice<UInt8>, line: Int) throws(LexiconError) {
        let names = header.fields(0x09).map { $0.trimmed.text.lowercased() }
        guard let word = names.firstIndex(where: { $0 == "word" || $0 == "lemma" }),
            let sememes = names.firstIndex(of: "sememes")
        else {
            throw LexiconError.line(
                line,
                "the columns are named \(names), without word or sememes",
                remedy: "name the columns: #word, tab, sememes"
            )
        }
        (self.word, self.sememes) = (word, sememes)
        partOfSpeech = names.firstIndex(of: "pos")
        count = names.firstIndex(of: "count")
    }

    init(count: Int, line: Int) throws(LexiconError) {
        switch count {
        case 2: break
        case 3: (partOfSpeech, sememes) = (1, 2)
        default: throw LexiconError.line(line, "\(count) columns, 2 or 3 expected (or a first line that names them)")
        }
    }
}
