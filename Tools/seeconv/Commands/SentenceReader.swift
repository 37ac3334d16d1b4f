import Runtime
import TensorFile
import Tokenizers

/// Sentences as an encoder takes them.
struct SentenceReader {
    private let encoder: SentenceEncoder
    private let tokenizer: any Tokenizer

    /// Sentences for `encoder`, by the tokenizer at `path` or its own.
    init(_ encoder: SentenceEncoder, tokenizer path: String?) throws {
        self.encoder = encoder
        tokenizer = try encoder.tokenizer(at: path)
    }

    /// The tokens of `lines` of `file`, and how many lines had to be cut.
    func tokens(of lines: [[UInt8]], file: String, firstLine: Int = 1) throws -> (tokens: [[Int]], cut: Int) {
        var cut = 0
        let tokens = try lines.enumerated().map { index, line in
            let (tokens, isCut) = try encoder.tokens(
                of: line,
                by: tokenizer,
                place: (file, "line \(firstLine + index)")
            )
            cut += isCut ? 1 : 0
            return tokens
        }
        return (tokens, cut)
    }
}
