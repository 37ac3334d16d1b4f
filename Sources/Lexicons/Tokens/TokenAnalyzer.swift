import Tokenizers

/// What a token means: its form, the senses that lexicons give its text, and its morphemes.
public struct TokenAnalysis: Hashable, Sendable {
    /// One sense.
    public struct Sense: Hashable, Sendable {
        /// The dictionary form, UTF-8.
        public var lemma: [UInt8]
        /// What kind of word it is.
        public var partOfSpeech: PartOfSpeech
        /// Times it was met in tagged text.
        public var count: Int
        /// The names of its sememes, the most telling one first.
        public var sememes: [String]
        /// The places of its sememes in the lexicon's ranking, from 0.
        public var ranks: [Int]
        /// Which of the lexicons has it, from 0.
        public var lexicon: Int

        /// A sense of the given parts.
        public init(
            lemma: [UInt8],
            partOfSpeech: PartOfSpeech,
            count: Int,
            sememes: [String],
            ranks: [Int],
            lexicon: Int
        ) {
            (self.lemma, self.partOfSpeech, self.count) = (lemma, partOfSpeech, count)
            (self.sememes, self.ranks, self.lexicon) = (sememes, ranks, lexicon)
        }
    }

    /// What covers a token.
    public enum Cover: String, CaseIterable, Hashable, Sendable {
        /// A lexicon has its text or a dictionary form of it.
        case lexicon
        /// Letters that no lexicon has: morphemes alone.
        case morphemes
        /// Digits, punctuation, symbols.
        case sign
        /// A byte or a part of a character.
        case byte
        /// Special tokens and ids kept free.
        case special
    }

    /// What its letters show.
    public var form: TokenForm
    /// The senses, the most frequent one first; empty where no lexicon has it.
    public var senses: [Sense]
    /// Its morphemes, UTF-8; of tokens without letters the text as it is.
    public var morphemes: [[UInt8]]

    /// What covers it.
    public var cover: Cover {
        switch form.kind {
        case .special, .placeholder: .special
        case .byte, .fragment: .byte
        case .sign: senses.isEmpty ? .sign : .lexicon
        case .word: senses.isEmpty ? .morphemes : .lexicon
        }
    }
}

/// Analyses tokens by lexicons and a segmenter.
public struct TokenAnalyzer: Sendable {
    /// The lexicons: the first one that has a token gives its senses.
    public let lexicons: [Lexicon]
    /// Segments letters.
    public let segmenter: MorphemeModel
    /// Segmentations that count before the segmenter's.
    public let table: MorphemeTable?
    /// Used for lexicons without a lemmatizer: the first that any of them has.
    private let lemmatizer: Lemmatizer?

    /// An analyzer of the given parts.
    public init(lexicons: [Lexicon], segmenter: MorphemeModel, table: MorphemeTable? = nil) {
        (self.lexicons, self.segmenter, self.table) = (lexicons, segmenter, table)
        lemmatizer = lexicons.lazy.compactMap(\.lemmatizer).first
    }

    /// An analyzer whose segmenter is trained on the words of `vocabulary`.
    ///
    /// - Throws: for a vocabulary without any word.
    public init(
        lexicons: [Lexicon],
        trainingOn vocabulary: Vocabulary,
        table: MorphemeTable? = nil
    ) throws(LexiconError) {
        let words = (0..<vocabulary.count).lazy.map { TokenForm($0, in: vocabulary) }.filter { $0.kind == .word }
        self.init(lexicons: lexicons, segmenter: try MorphemeModel(training: words.map(\.text)), table: table)
    }

    /// What token `id` of `vocabulary` means.
    /// - Precondition: `id` is in `0..<vocabulary.count`.
    public func analysis(of id: Int, in vocabulary: Vocabulary) -> TokenAnalysis {
        analysis(of: TokenForm(id, in: vocabulary))
    }

    /// What a token of the given form means.
    public func analysis(of form: TokenForm) -> TokenAnalysis {
        switch form.kind {
        case .special, .placeholder, .byte, .fragment:
            return TokenAnalysis(form: form, senses: [], morphemes: [form.text])
        case .sign: return TokenAnalysis(form: form, senses: senses(of: form), morphemes: [form.text])
        case .word:
            let parts = table?.segments[form.text] ?? segmenter.segments(of: form.text)
            return TokenAnalysis(form: form, senses: senses(of: form), morphemes: parts)
        }
    }

    /// The senses that the first lexicon that has `form` gives. The inside of a word has none: `##ing` is no word.
    private func senses(of form: TokenForm) -> [TokenAnalysis.Sense] {
        guard form.mark == .begins, !form.text.isEmpty else { return [] }
        for (number, lexicon) in lexicons.enumerated() {
            let matches = lexicon.matches(for: form.text, lemmatizer: lemmatizer)
            guard !matches.isEmpty else { continue }
            return matches.map { TokenAnalysis.Sense($0, of: lexicon, number: number) }
        }
        return []
    }
}

extension TokenAnalysis.Sense {
    /// What `match` says, from `lexicon`, which is the `number`th of those asked.
    public init(_ match: Lexicon.Match, of lexicon: Lexicon, number: Int) {
        self.init(
            lemma: match.lemma,
            partOfSpeech: match.sense.partOfSpeech,
            count: match.sense.count,
            sememes: match.sense.sememes.map { lexicon.sememes[$0] },
            ranks: match.sense.sememes,
            lexicon: number
        )
    }
}
