/// Words from a file, a line each.
public struct WordList: Sendable {
    /// The words in file order, UTF-8.
    public let words: [[UInt8]]

    /// Reads the first column of the file at `path`; empty lines are passed over.
    ///
    /// - Throws: for a file that cannot be read, a line that is too long or not UTF-8, or no word at all.
    public init(_ path: String) throws(LexiconError) {
        var words: [[UInt8]] = []
        var reader = try LineReader(path)
        _ = try reader.forEach(.refused) { (line, _) throws(LexiconError) in
            let word = line.fields(0x09).first?.trimmed ?? []
            if !word.isEmpty { words.append(Array(word)) }
        }
        guard !words.isEmpty else {
            throw LexiconError(
                file: path,
                place: "file",
                cause: "it holds no word",
                remedy: "name a file with a word a line"
            )
        }
        self.words = words
    }
}
