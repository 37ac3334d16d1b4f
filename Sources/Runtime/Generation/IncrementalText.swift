import Tokenizers

/// Turns tokens into text as they come: what a token adds, as soon as its bytes are whole characters.
struct IncrementalText {
    private let tokenizer: any Tokenizer
    private var tokens: [Int]
    /// Tokens from here on are decoded again with each new one, because pieces depend on their neighbours.
    private var start: Int
    /// Bytes of the text of the tokens from `start` on that have been handed out.
    private var handedOut: Int

    /// How many tokens are decoded again at most before the window moves on.
    private static let window = 32

    /// Text that follows `prompt`, whose own text is not handed out.
    init(_ tokenizer: any Tokenizer, after prompt: [Int]) {
        self.tokenizer = tokenizer
        tokens = Array(prompt.suffix(Self.window))
        start = 0
        handedOut = tokenizer.decodedUTF8(tokens, keepsSpecialTokens: false).count
    }

    /// What `token` adds. Bytes that do not make a character yet come with a later token, or with `finish`.
    mutating func append(_ token: Int) -> [UInt8] {
        tokens.append(token)
        let text = decoded()
        guard !text.suffix(3).elementsEqual(Self.replacement), text.count >= handedOut else { return [] }
        let added = Array(text[handedOut...])
        handedOut = text.count
        if tokens.count - start > 2 * Self.window {
            start = tokens.count - Self.window
            handedOut = decoded().count
        }
        return added
    }

    /// What is left, with replacement characters where bytes never became characters.
    mutating func finish() -> [UInt8] {
        let text = decoded()
        guard text.count > handedOut else { return [] }
        defer { handedOut = text.count }
        return Array(text[handedOut...])
    }

    /// U+FFFD in UTF-8.
    private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

    private func decoded() -> [UInt8] {
        tokenizer.decodedUTF8(Array(tokens[start...]), keepsSpecialTokens: false)
    }
}
