import Foundation

extension Lexicon {
    /// Where Debian, Homebrew and WordNet's own installer put the dict files.
    public static let usualWordNetFolders = [
        "/usr/share/wordnet", "/opt/homebrew/opt/wordnet/dict", "/usr/local/opt/wordnet/dict",
        "/usr/local/WordNet-3.0/dict",
    ]

    /// The first of the usual folders that has WordNet; `SEECONV_WORDNET` names another one.
    public static var installedWordNet: String? {
        let named = ProcessInfo.processInfo.environment["SEECONV_WORDNET"].map { [$0] }
        return (named ?? usualWordNetFolders).first { FileManager.default.fileExists(atPath: $0 + "/data.noun") }
    }

    /// A lexicon from the dict files of WordNet, with its exception lists and English rules.
    ///
    /// Its sememes are the 45 lexicographer files (`noun.animal`) and the synsets (`carnivore.n.1`: a word, the part of
    /// speech, the number of the word's sense) that `SememeInventory` chooses, `sememeCount` together. A sense has those
    /// at or above its synset, the most informative one first, and its lexicographer file last.
    /// - Throws: for a file that is missing, a line that breaks the format, a circle in the hierarchy.
    public static func wordNet(
        _ folder: String,
        sememeCount: Int = 2000,
        badLines: BadLines = .refused
    ) throws(LexiconError) -> LoadedLexicon {
        let dictionary = try WordNetDictionary(folder, badLines: badLines)
        let hierarchy = try SynsetHierarchy(dictionary.synsets)
        let topics = WordNetDictionary.topics
        let inventory = SememeInventory(dictionary, hierarchy, count: max(0, sememeCount - topics.count))
        let names = synsetNames(dictionary)
        var places = [Int](repeating: -1, count: dictionary.synsets.count)
        for (place, synset) in inventory.synsets.enumerated() { places[synset] = topics.count + place }
        let descriptions = dictionary.synsets.indices.map { synset in
            let above = (hierarchy.ancestors[synset].map { Int($0) } + [synset]).filter { places[$0] >= 0 }
            let ordered = above.sorted { (-inventory.information[$0], $0) < (-inventory.information[$1], $1) }
            return ordered.map { places[$0] } + [dictionary.synsets[synset].topic]
        }
        let entries = dictionary.words.map { word, senses in
            Entry(
                word: word,
                senses: senses.map { sense in
                    Sense(
                        partOfSpeech: dictionary.synsets[sense.synset].partOfSpeech,
                        count: sense.count,
                        sememes: descriptions[sense.synset]
                    )
                }
            )
        }
        guard !entries.isEmpty else {
            throw LexiconError(
                file: folder,
                place: "index files",
                cause: "they hold no word",
                remedy: "name WordNet's dict folder"
            )
        }
        let lexicon = Lexicon(
            origin: "WordNet",
            sememes: topics + inventory.synsets.map { names[$0] },
            entries: entries,
            lemmatizer: Lemmatizer(exceptions: dictionary.exceptions, detachesEnglishEndings: true)
        )
        return LoadedLexicon(lexicon: lexicon, skipped: dictionary.skipped)
    }

    /// `word.pos.number` for each synset: its first word, and which sense of that word it is.
    private static func synsetNames(_ dictionary: WordNetDictionary) -> [String] {
        let letters: [PartOfSpeech: String] = [.noun: "n", .verb: "v", .adjective: "a", .adverb: "r"]
        var numbers = [Int](repeating: 0, count: dictionary.synsets.count)
        for (word, senses) in dictionary.words {
            for sense in senses where isSame(word, dictionary.synsets[sense.synset].word) {
                numbers[sense.synset] = sense.number
            }
        }
        return zip(dictionary.synsets, numbers).map { synset, number in
            "\(synset.word[...].text).\(letters[synset.partOfSpeech] ?? "x").\(number)"
        }
    }

    /// Whether `word` is `other` in lower case: index files have no capitals.
    private static func isSame(_ word: [UInt8], _ other: [UInt8]) -> Bool {
        word.elementsEqual(other.lazy.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 })
    }
}

extension Lemmatizer {
    /// The English rules, with WordNet's lists of exceptions where it is installed and sound.
    public static var installedEnglish: Lemmatizer {
        var skipped = 0
        guard let folder = Lexicon.installedWordNet,
            let exceptions = try? WordNetDictionary.exceptions(folder, badLines: .skipped, skipped: &skipped)
        else { return .english }
        return Lemmatizer(exceptions: exceptions, detachesEnglishEndings: true)
    }
}
