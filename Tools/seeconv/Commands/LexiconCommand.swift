import ArgumentParser
import Checkpoints
import Foundation
import JSONText
import Lexicons
import TensorFile
import Tokenizers

/// `seeconv lexicon build|show|coverage`
struct LexiconCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lexicon",
        abstract: "Builds lexicons; shows what words and tokens mean and how much of a vocabulary is known.",
        subcommands: [
            LexiconBuildCommand.self, LexiconShowCommand.self, LexiconCoverageCommand.self, LexiconSegmentCommand.self,
        ]
    )
}

/// Lexicons that a command reads.
struct LexiconOptions: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Lexicons: built files, WordNet folders, HowNet, .tsv, .jsonl (default: WordNet where it is installed).",
            valueName: "file"
        )
    )
    var lexicon: [String] = []
}

/// `seeconv lexicon build`
struct LexiconBuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Writes one compact lexicon file; the same input gives the same bytes."
    )

    @Option(help: ArgumentHelp("The folder of WordNet's dict files.", valueName: "folder"))
    var wordnet: String?

    @Option(
        help: ArgumentHelp(
            "HowNet: OpenHowNet's records, or alternating lines of words and sememes.",
            valueName: "file"
        )
    )
    var hownet: String?

    @Option(help: ArgumentHelp("A table: a sense a line; word, (part of speech,) sememes.", valueName: "file"))
    var tsv: String?

    @Option(help: ArgumentHelp("JSON lines: word, pos, count, sememes.", valueName: "file"))
    var jsonl: String?

    @Option(
        help:
            "english: inflected forms are found by rules; of HowNet's records (english by default) the words that are read."
    )
    var language: LexiconLoading.Language?

    @Option(help: "The size of WordNet's inventory of sememes, its 45 lexicographer files included.")
    var sememes = 2000

    @Flag(name: .customLong("skip-bad"), help: "Leave lines out that break the format, and count them.")
    var skipBad = false

    @Option(name: .shortAndLong, help: "The lexicon file to write.")
    var output: String

    @Flag(help: "Replace an existing file.")
    var force = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard sources.count == 1 else { throw ValidationError("say one of --wordnet, --hownet, --tsv, --jsonl") }
        guard (45...100_000).contains(sememes) else { throw ValidationError("--sememes must be in 45…100000") }
    }

    private var sources: [(form: LexiconLoading.Form, path: String)] {
        let all: [(LexiconLoading.Form, String?)] = [
            (.wordNet, wordnet), (.howNet, hownet), (.tsv, tsv), (.jsonl, jsonl),
        ]
        return all.compactMap { form, path in path.map { (form, $0) } }
    }

    func run() throws {
        guard let (form, path) = sources.first else { return }
        let loaded = try LexiconLoading.lexicon(
            at: path,
            form: form,
            language: language,
            sememeCount: sememes,
            badLines: skipBad ? .skipped : .refused
        )
        let bytes = LexiconFile.bytes(of: loaded.lexicon)
        let file = try OutputFile(output, replacing: force)
        try file.append(bytes)
        try file.commit()
        if loaded.skipped > 0 { common.note("\(loaded.skipped) bad lines were left out") }
        let lexicon = loaded.lexicon
        print(
            """
            \(output): \(Format.count(lexicon.wordCount)) words, \(Format.count(lexicon.senseCount)) senses, \
            \(Format.count(lexicon.sememes.count)) sememes, \(Format.bytes(bytes.count))
            """
        )
    }
}

/// `seeconv lexicon show`
struct LexiconShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows what a word means, or a token of a workspace's or model's vocabulary.",
        discussion:
            "show WORD, or show WORK TOKEN: the token as the vocabulary spells it (##ing, Ġdog, ▁dog) or as a word."
    )

    @Argument(help: "WORD, or WORK and TOKEN.")
    var names: [String]

    @Flag(help: "TOKEN is an id.")
    var id = false

    @Option(help: "Slots of the units' tuples.")
    var order = 2

    @Flag(help: "Print everything as JSON.")
    var json = false

    @OptionGroup var lexicons: LexiconOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (1...2).contains(names.count) else { throw ValidationError("say WORD, or WORK and TOKEN") }
        guard (1...4).contains(order) else { throw ValidationError("--order must be in 1…4") }
    }

    func run() throws {
        if names.count == 1 { try showWord(names[0]) } else { try showToken(names[1], of: names[0]) }
    }

    private func showWord(_ word: String) throws {
        let paths = lexicons.lexicon.isEmpty ? [Lexicon.installedWordNet].compactMap(\.self) : lexicons.lexicon
        guard !paths.isEmpty else {
            throw LexiconError(
                place: "--lexicon",
                cause: "none is named and WordNet is not installed",
                remedy: "name a lexicon, or install WordNet (Debian: wordnet-base)"
            )
        }
        let loaded = try paths.map { try LexiconLoading.lexicon(at: $0).lexicon }
        let spellings = [Array(word.utf8), Array(word.lowercased().utf8)]
        var senses: [TokenAnalysis.Sense] = []
        for (number, lexicon) in loaded.enumerated() {
            let matches = spellings.lazy.map { lexicon.matches(for: $0) }.first { !$0.isEmpty } ?? []
            senses += matches.map { TokenAnalysis.Sense($0, of: lexicon, number: number) }
        }
        if json {
            print(
                JSONValue.object([.init(key: "word", value: .string(word)), .init(key: "senses", value: senses.json)])
                    .text(.indented)
            )
        } else {
            print(senses.isEmpty ? "\(word): in no lexicon" : senses.table)
        }
    }

    private func showToken(_ name: String, of path: String) throws {
        let tokenizer = try vocabulary(at: path)
        let vocabulary = tokenizer.vocabulary
        guard
            let token = id
                ? Int(name).flatMap({ (0..<vocabulary.count).contains($0) ? $0 : nil }) : vocabulary.id(spelt: name)
        else {
            throw TokenizerError(
                file: path,
                place: "token \"\(name)\"",
                cause: "the vocabulary of \(vocabulary.count) tokens does not have it",
                remedy: "spell it as the vocabulary does, or give its id with --id"
            )
        }
        let knowledge = try VocabularyKnowledge(
            vocabulary: vocabulary,
            lexicons: lexicons.lexicon,
            rowCount: vocabulary.count
        )
        for note in knowledge.notes { common.note(note) }
        let tuples = knowledge.tuples(
            frequencies: TokenFrequencies(tokenizer: tokenizer, rowCount: vocabulary.count),
            UnitComposer.Options(order: order)
        )
        let analysis = knowledge.analyses[token]
        let units = tuples.tuples[token].indices.map { tuples.units(ofToken: token, sense: $0).map(\.name) }
        let nearest = tuples.nearest(to: token, count: 8).map {
            (text: vocabulary.reading($0.token), shared: $0.shared)
        }
        let morphemes = analysis.morphemes.map { String(decoding: $0, as: UTF8.self) }
        if json {
            let value: JSONValue = [
                "token": .string(vocabulary.reading(token)), "id": .integer(token),
                "kind": .string("\(analysis.form.kind)"), "mark": .string(analysis.form.mark.rawValue),
                "capitals": .string(analysis.form.capitals.rawValue), "text": .string(analysis.form.reading),
                "cover": .string(analysis.cover.rawValue), "morphemes": .array(morphemes.map { .string($0) }),
                "senses": analysis.senses.json, "units": .array(units.map { .array($0.map { .string($0) }) }),
                "nearest": .array(nearest.map { ["token": .string($0.text), "shared": .integer($0.shared)] }),
            ]
            print(value.text(.indented))
            return
        }
        print(
            """
            token \(token) \(vocabulary.reading(token).escapingControls): \(analysis.form.mark.rawValue) a word's text, \
            capitals \(analysis.form.capitals.rawValue), covered by \(analysis.cover.rawValue)
            morphemes: \(morphemes.joined(separator: " + ").escapingControls)
            """
        )
        if !analysis.senses.isEmpty { print("\n" + analysis.senses.table) }
        print("\nunits:")
        for sense in units { print("  (" + sense.joined(separator: ", ").escapingControls + ")") }
        guard !nearest.isEmpty else { return }
        print(
            "\nnearest by shared units: "
                + nearest.map { "\($0.text.escapingControls) (\($0.shared))" }.joined(separator: ", ")
        )
    }
}

/// `seeconv lexicon coverage`
struct LexiconCoverageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coverage",
        abstract: "Shows how much of a vocabulary the lexicons know, and what covers the rest."
    )

    @Argument(help: "A workspace, or anything that tokenize takes: a model folder, tokenizer.json, .gguf, …")
    var workspace: String

    @Flag(help: "Print everything as JSON.")
    var json = false

    @OptionGroup var lexicons: LexiconOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        let vocabulary = try vocabulary(at: workspace).vocabulary
        let knowledge = try VocabularyKnowledge(
            vocabulary: vocabulary,
            lexicons: lexicons.lexicon,
            rowCount: vocabulary.count
        )
        for note in knowledge.notes { common.note(note) }
        let coverage = VocabularyCoverage(knowledge.analyses)
        if json {
            let covers = TokenAnalysis.Cover.allCases.map {
                JSONValue.Member(key: $0.rawValue, value: .integer(coverage.tokens[$0] ?? 0))
            }
            let value: JSONValue = [
                "tokens": .integer(vocabulary.count), "coveredBy": .object(covers),
                "wholeWords": .integer(coverage.wholeWords), "knownWholeWords": .integer(coverage.knownWholeWords),
                "knownShare": .number(coverage.knownShare), "senses": .integer(coverage.senses),
                "morphemes": .integer(knowledge.analyzer.segmenter.morphemeCount),
                "unknownExamples": .array(coverage.unknownExamples.map { .string($0) }),
            ]
            print(value.text(.indented))
            return
        }
        var table = TextTable([("covered by", .left), ("tokens", .right), ("share", .right)])
        for cover in TokenAnalysis.Cover.allCases {
            let count = coverage.tokens[cover] ?? 0
            let share = 100 * Double(count) / Double(max(1, vocabulary.count))
            table.add([cover.rawValue, Format.count(count), "\(Format.decimal(share, places: 1)) %"])
        }
        print(table.text)
        print(
            """

            whole words: \(Format.count(coverage.knownWholeWords)) of \(Format.count(coverage.wholeWords)) \
            (\(Format.decimal(100 * coverage.knownShare, places: 1)) %) have senses, \(Format.count(coverage.senses)) together
            not known, for instance: \(coverage.unknownExamples.joined(separator: ", ").escapingControls)
            """
        )
    }
}

/// `seeconv lexicon segment`
struct LexiconSegmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment",
        abstract: "Learns morphemes from a list of words, and prints each word with its morphemes."
    )

    @Argument(help: "A file with a word a line; of a table, the first column.")
    var words: String

    @Option(name: .customLong("corpus-weight"), help: "Above 1 morphemes get longer, below 1 shorter.")
    var corpusWeight = 1.0

    @Option(help: "The seed of the order in which words are gone through.")
    var seed: UInt64 = 1

    func validate() throws {
        guard corpusWeight > 0, corpusWeight.isFinite else {
            throw ValidationError("--corpus-weight must be a positive number")
        }
    }

    func run() throws {
        let list = try WordList(words)
        let model = try MorphemeModel(
            training: list.words,
            MorphemeModel.TrainingOptions(corpusWeight: corpusWeight, seed: seed)
        )
        for word in list.words {
            let parts = model.segments(of: word).map { String(decoding: $0, as: UTF8.self) }
            print("\(String(decoding: word, as: UTF8.self))\t\(parts.joined(separator: " "))")
        }
    }
}

/// The tokenizer of a workspace's source, or at `path` itself.
private func vocabulary(at path: String) throws -> any Tokenizer {
    guard Workspace.isWorkspace(path) else { return try TokenizerLoading.tokenizer(at: path) }
    guard let tokenizer = try Workspace(opening: path).openTokenizer() else {
        throw TokenizerError(
            file: path,
            place: "source",
            cause: "the source has no tokenizer",
            remedy: "import the model's folder"
        )
    }
    return tokenizer
}

extension Vocabulary {
    /// The token that a user spells: as the file does (`Ġdog`, `▁dog`, `##ing`), or as a word that it begins.
    fileprivate func id(spelt name: String) -> Int? {
        let spellings = [name, name.replacing("Ġ", with: " "), "▁" + name, " " + name]
        return spellings.lazy.compactMap { id(of: Array($0.utf8)) }.first
    }

    /// A token as a reader sees it: a space as `␣`.
    fileprivate func reading(_ id: Int) -> String {
        String(decoding: piece(id), as: UTF8.self).replacing(" ", with: "␣")
    }
}

extension [TokenAnalysis.Sense] {
    fileprivate var table: String {
        var table = TextTable([
            ("sense", .right), ("lemma", .left), ("kind", .left), ("count", .right), ("sememes", .left),
        ])
        for (number, sense) in enumerated() {
            table.add([
                "\(number + 1)", String(decoding: sense.lemma, as: UTF8.self), sense.partOfSpeech.name,
                "\(sense.count)",
                sense.sememes.joined(separator: ", "),
            ])
        }
        return table.text
    }

    fileprivate var json: JSONValue {
        .array(
            map { sense in
                [
                    "lemma": .string(String(decoding: sense.lemma, as: UTF8.self)),
                    "partOfSpeech": .string(sense.partOfSpeech.name), "count": .integer(sense.count),
                    "sememes": .array(sense.sememes.map { .string($0) }), "lexicon": .integer(sense.lexicon),
                ]
            }
        )
    }
}

extension LexiconLoading.Language: ExpressibleByArgument {}
