/// The patterns of real tokenizers that have a scanner of their own.
enum KnownPatterns {
    private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    private static let spelledContractions =
        "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
    private static let llama3Rest = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    private static let qwen35Rest = #"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    private static let scanners: [(text: String, pattern: any TextPattern)] = [
        (#"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, GPT2Pattern()),
        (#"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"#, GPT2Pattern()),
        (#"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, GPT2Pattern()),
        (contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"# + llama3Rest, LLaMA3Pattern(digits: 3)),
        (spelledContractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"# + llama3Rest, LLaMA3Pattern(digits: 3)),
        (contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + llama3Rest, LLaMA3Pattern(digits: 1)),
        (spelledContractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + llama3Rest, LLaMA3Pattern(digits: 1)),
        (
            contractions + #"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"# + qwen35Rest,
            LLaMA3Pattern(digits: 1, joinsMarks: true)
        ),
        (#"[\p{P}\$\+<=>\^~\|`]+"#, CharacterRunPattern(kind: .punctuation)),
        (#"\p{N}"#, CharacterRunPattern(kind: .number, greatest: 1)),
        (#"\p{N}+"#, CharacterRunPattern(kind: .number)),
        (#"\p{N}{1,3}"#, CharacterRunPattern(kind: .number, greatest: 3)),
        ("[0-9][0-9][0-9]", CharacterRunPattern(kind: .digit, least: 3, greatest: 3)),
        (" {2,}", CharacterRunPattern(kind: .blank, least: 2)),
        (#"\s+"#, CharacterRunPattern(kind: .space)),
        (#"\S+"#, CharacterRunPattern(kind: .visible)),
    ]

    /// The pattern written `text`: a scanner where one is known, else a regular expression.
    static func pattern(_ text: String, place: String) throws(TokenizerError) -> any TextPattern {
        if let known = scanners.first(where: { $0.text.utf8.elementsEqual(text.utf8) }) { return known.pattern }
        return try RegularExpression(text, place: place)
    }
}
