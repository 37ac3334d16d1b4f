import Tokenizers

/// How much of a vocabulary the lexicons know, and what covers the rest.
public struct VocabularyCoverage: Sendable, Equatable {
    /// Tokens by what covers them.
    public private(set) var tokens: [TokenAnalysis.Cover: Int] = [:]
    /// Tokens that are whole words as far as their spelling tells: they begin a word and are at least two letters and
    /// nothing else.
    public private(set) var wholeWords = 0
    /// Those of them that a lexicon has.
    public private(set) var knownWholeWords = 0
    /// Senses of all tokens.
    public private(set) var senses = 0
    /// Some whole words that no lexicon has, for a reader.
    public private(set) var unknownExamples: [String] = []

    /// The share of whole words that a lexicon has, 0…1.
    public var knownShare: Double { wholeWords == 0 ? 0 : Double(knownWholeWords) / Double(wholeWords) }

    /// The coverage of a vocabulary with the given analyses.
    public init(_ analyses: some Sequence<TokenAnalysis>) {
        for analysis in analyses {
            tokens[analysis.cover, default: 0] += 1
            senses += analysis.senses.count
            guard analysis.form.mark == .begins, analysis.form.kind == .word else { continue }
            let letters = String(decoding: analysis.form.text, as: UTF8.self).unicodeScalars
            guard letters.count > 1, letters.allSatisfy(\.properties.isAlphabetic) else { continue }
            wholeWords += 1
            if !analysis.senses.isEmpty {
                knownWholeWords += 1
            } else if unknownExamples.count < 12 {
                unknownExamples.append(analysis.form.reading)
            }
        }
    }
}
