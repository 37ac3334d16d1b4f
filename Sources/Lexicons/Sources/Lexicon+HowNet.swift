extension Lexicon {
    /// Which words of HowNet are wanted.
    public enum HowNetLanguage: String, CaseIterable, Sendable {
        /// The English words of each record.
        case english
        /// The Chinese words of each record.
        case chinese
    }

    /// Reads HowNet in the record form of OpenHowNet: blocks of `KEY=value` lines (`NO.=` begins one, `W_E=` and `G_E=`
    /// are the English word and its grammar, `W_C=` and `G_C=` the Chinese ones, `DEF=` the definition).
    ///
    /// A sense's sememes are those of its definition in the order of the text, `{tree|树:{reproduce|生殖:…}}` → tree|树,
    /// reproduce|生殖: the first one is the main one.
    /// - Throws: for the first bad line or record, or, where `badLines` skips them, for a file without good ones.
    public static func hownet(
        _ path: String,
        language: HowNetLanguage = .english,
        badLines: BadLines = .refused
    ) throws(LexiconError) -> LoadedLexicon {
        var builder = LexiconBuilder()
        var reader = try LineReader(path)
        var record: HowNetRecord?
        var skipped = try reader.forEach(badLines) { (line, number) throws(LexiconError) in
            guard !line.trimmed.isEmpty else { return }
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
                throw LexiconError.line(number, "KEY=value expected")
            }
            let (key, value) = (line[..<equals].trimmed.text, line[(equals + 1)...].trimmed)
            if key == "NO." {
                let finished = record
                record = HowNetRecord(line: number)
                try finished?.add(to: &builder)
                return
            }
            guard record != nil else { throw LexiconError.line(number, "\"\(key)=\" before the first \"NO.=\"") }
            switch (key, language) {
            case ("W_E", .english), ("W_C", .chinese): record?.word = Array(value)
            case ("G_E", .english), ("G_C", .chinese): record?.grammar = Array(value)
            case ("DEF", _): record?.definition = Array(value)
            case ("W_E", _), ("W_C", _), ("G_E", _), ("G_C", _), ("S_E", _), ("S_C", _), ("E_E", _), ("E_C", _),
                ("RMK", _):
                break
            default: throw LexiconError.line(number, "the key \"\(key)\" is none of HowNet's")
            }
        }
        do throws(LexiconError) {
            try record?.add(to: &builder)
        } catch {
            guard badLines == .skipped else { throw error.inFile(path) }
            skipped += 1
        }
        return LoadedLexicon(
            lexicon: try builder.lexicon(
                origin: "HowNet, \(language.rawValue) words",
                file: path,
                lemmatizer: language == .english ? .english : nil
            ),
            skipped: skipped
        )
    }

    /// Reads the plain form of HowNet: a word on one line, the sememes of all its senses, separated by blanks, on the next.
    ///
    /// Words are taken as they stand, an empty one included; each gets one sense.
    /// - Throws: for the first bad line, or, where `badLines` skips them, for a file without good ones.
    public static func alternatingLines(
        _ path: String,
        badLines: BadLines = .refused
    ) throws(LexiconError) -> LoadedLexicon {
        var builder = LexiconBuilder()
        var reader = try LineReader(path)
        var word: [UInt8]?
        var skipped = try reader.forEach(badLines) { (line, number) throws(LexiconError) in
            guard let current = word else {
                word = Array(line.trimmed)
                return
            }
            word = nil
            let sememes = line.fields(0x20).filter { !$0.isEmpty }
            guard !sememes.isEmpty else {
                throw LexiconError.line(number, "\"\(current[...].text)\" has no sememe")
            }
            builder.add(current, .unknown, sememes: sememes)
        }
        if let word, !word.isEmpty {
            guard badLines == .skipped else {
                throw LexiconError.line(reader.number, "the last word has no line of sememes").inFile(path)
            }
            skipped += 1
        }
        return LoadedLexicon(
            lexicon: try builder.lexicon(origin: "HowNet, plain form", file: path),
            skipped: skipped
        )
    }
}

/// The fields of one record that matter here.
private struct HowNetRecord {
    var line: Int
    var word: [UInt8] = []
    var grammar: [UInt8] = []
    var definition: [UInt8] = []

    init(line: Int) {
        self.line = line
    }

    func add(to builder: inout LexiconBuilder) throws(LexiconError) {
        // Many records have a word in one of the languages only.
        guard !word.isEmpty else { return }
        let sememes = HowNetRecord.sememes(in: definition)
        guard !sememes.isEmpty else {
            throw LexiconError.line(
                line,
                "the definition of \"\(word[...].text)\" names no sememe",
                remedy: "mend the record, or pass bad ones with --skip-bad"
            )
        }
        let kind = grammar[...].fields(0x20).first.map(\.text) ?? ""
        builder.add(word, PartOfSpeech(named: kind), sememes: sememes)
    }

    /// The words with a bar, `english|chinese`, between the signs of the definition's grammar.
    static func sememes(in definition: [UInt8]) -> [ArraySlice<UInt8>] {
        let signs = Set("{}:=,;~$?\"() ".utf8)
        return definition[...].split(whereSeparator: signs.contains).filter { name in
            name.contains(UInt8(ascii: "|")) && name.first != UInt8(ascii: "|") && name.last != UInt8(ascii: "|")
        }
    }
}

extension Lexicon {
    /// Whether the file at `path` begins with a record, `NO.=`.
    public static func hasHowNetRecords(_ path: String) -> Bool {
        guard var reader = try? LineReader(path) else { return false }
        for _ in 0..<16 {
            guard let line = try? reader.next() else { return false }
            if line.starts(with: "NO.=".utf8) { return true }
        }
        return false
    }
}
