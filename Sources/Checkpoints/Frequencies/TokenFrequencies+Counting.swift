import TensorFile
import Tokenizers

extension TokenFrequencies {
    /// Lines are encoded in pieces of at most this many bytes, so that a file without line ends cannot fill the memory.
    static let longestLine = 1 << 20

    /// Counts over the text in `file`, smoothed by what the tokenizer itself says.
    ///
    /// Tokens that the text does not show together get the share of tokens that it shows once (Good and Turing), divided
    /// by the tokenizer's own frequencies. Each line counts as one text, with the special tokens around it.
    /// - Throws: `TensorFileError` for a file that cannot be read or that gives no token.
    public init(counting file: InputFile, by tokenizer: any Tokenizer, rowCount: Int) throws(TensorFileError) {
        var counts = [Int](repeating: 0, count: rowCount)
        var line: [UInt8] = []
        func count() {
            guard !line.isEmpty else { return }
            for id in tokenizer.encode(utf8: line, EncodingOptions(addsSpecialTokens: true)) where id < rowCount {
                counts[id] += 1
            }
            line.removeAll(keepingCapacity: true)
        }
        var offset = 0
        while offset < file.size {
            let chunk = try file.bytes(at: offset, count: min(1 << 20, file.size - offset))
            offset += chunk.count
            for byte in chunk {
                if byte == 0x0A || line.count == TokenFrequencies.longestLine { count() }
                if byte != 0x0A { line.append(byte) }
            }
        }
        count()
        let total = counts.reduce(0, +)
        guard total > 0 else {
            throw TensorFileError(
                .value,
                file: file.path,
                place: "text",
                cause: "it holds no token of this vocabulary",
                remedy: "name a text file that is like what the model will read"
            )
        }
        let once = Double(max(1, counts.lazy.filter { $0 == 1 }.count))
        let prior = TokenFrequencies(tokenizer: tokenizer, rowCount: rowCount).probabilities
        self.init(
            masses: zip(counts, prior).map { Double($0) + once * $1 },
            origin: "\(total) tokens of \(file.path)"
        )
    }
}
