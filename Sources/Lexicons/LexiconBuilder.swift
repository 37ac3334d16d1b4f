/// Collects words and senses from a source.
struct LexiconBuilder {
    private var entries: [Lexicon.Entry] = []
    private(set) var sememes: [String] = []
    private var numbers: [[UInt8]: Int] = [:]

    /// The position of the sememe `name`, new or known.
    mutating func sememe(_ name: some Sequence<UInt8>) -> Int {
        let bytes = Array(name)
        if let number = numbers[bytes] { return number }
        numbers[bytes] = sememes.count
        sememes.append(String(decoding: bytes, as: UTF8.self))
        return sememes.count - 1
    }

    /// Adds a sense of `word` in lower case; repeated sememes of it count once.
    mutating func add(
        _ word: some Sequence<UInt8>,
        _ partOfSpeech: PartOfSpeech,
        count: Int = 0,
        sememes names: [ArraySlice<UInt8>]
    ) {
        var seen: Set<Int> = []
        let numbers = names.map { sememe($0) }.filter { seen.insert($0).inserted }
        let lowercased = Array(String(decoding: Array(word), as: UTF8.self).lowercased().utf8)
        let sense = Lexicon.Sense(partOfSpeech: partOfSpeech, count: count, sememes: numbers)
        entries.append(Lexicon.Entry(word: lowercased, senses: [sense]))
    }

    /// The lexicon.
    ///
    /// - Throws: where no word was added.
    func lexicon(origin: String, file: String, lemmatizer: Lemmatizer? = nil) throws(LexiconError) -> Lexicon {
        guard !entries.isEmpty else {
            throw LexiconError(
                file: file,
                place: "file",
                cause: "it holds no word",
                remedy: "see that it is of the kind that was asked for"
            )
        }
        // The list of sememes is a ranking: whoever has room for some of them takes the first ones.
        var uses = [Int](repeating: 0, count: sememes.count)
        for entry in entries { for sense in entry.senses { for sememe in sense.sememes { uses[sememe] += 1 } } }
        let order = sememes.indices.sorted { (-uses[$0], $0) < (-uses[$1], $1) }
        var places = [Int](repeating: 0, count: order.count)
        for (place, sememe) in order.enumerated() { places[sememe] = place }
        let ranked = entries.map { entry in
            var entry = entry
            for sense in entry.senses.indices {
                entry.senses[sense].sememes = entry.senses[sense].sememes.map { places[$0] }
            }
            return entry
        }
        return Lexicon(origin: origin, sememes: order.map { sememes[$0] }, entries: ranked, lemmatizer: lemmatizer)
    }
}

extension ArraySlice<UInt8> {
    /// The parts between occurrences of `separator`, empty ones included.
    func fields(_ separator: UInt8) -> [ArraySlice<UInt8>] {
        split(separator: separator, omittingEmptySubsequences: false)
    }

    /// Without blanks at both ends.
    var trimmed: ArraySlice<UInt8> {
        var rest = self
        while let first = rest.first, first == 0x20 || first == 0x09 { rest.removeFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        return rest
    }

    var text: String { String(decoding: self, as: UTF8.self) }
}
