import Runtime
import TensorFile

/// A text on which two models are compared.
public struct VerificationText: Sendable {
    /// The file's path.
    public let file: String
    /// The path of its translation, line by line, where there is one.
    public let targetFile: String?
    /// The tokenizer of both models; nil for each model's own.
    public var tokenizer: String?
    /// Tokens of the text that are read at most: a decoder's first ones, whole lines of other models.
    public var maximumTokens: Int?
    /// The text.
    let bytes: [UInt8]
    /// Lines of the translation.
    let target: [[UInt8]]?

    /// Reads the text in `file` and, for translators, its translation in `target`.
    ///
    /// - Throws: `TensorFileError` for files that cannot be read, are not UTF-8 or hold nothing but blanks, and for a
    ///   translation of another number of lines.
    public init(
        _ file: String,
        target targetFile: String? = nil,
        tokenizer: String? = nil,
        maximumTokens: Int? = nil
    ) throws(TensorFileError) {
        self.file = file
        self.targetFile = targetFile
        self.tokenizer = tokenizer
        self.maximumTokens = maximumTokens
        bytes = try Self.text(of: file)
        target = if let targetFile { UTF8Line.lines(of: try Self.text(of: targetFile)) } else { nil }
        guard let target, let targetFile else { return }
        let count = UTF8Line.lines(of: bytes).count
        guard target.count == count else {
            throw TensorFileError(
                .mismatch,
                file: targetFile,
                place: "lines",
                cause: "\(target.count) translations of \(count) lines of \(file)",
                remedy: "name files of as many lines"
            )
        }
    }

    /// The lines that hold more than blanks, with their numbers, from 1.
    var lines: [(number: Int, bytes: [UInt8])] {
        UTF8Line.lines(of: bytes).enumerated().compactMap { Self.isBlank($1) ? nil : ($0 + 1, $1) }
    }

    /// Where a line of the text is, for messages.
    func place(_ line: Int) -> (file: String, place: String) { (file, "line \(line)") }

    private static func isBlank(_ text: [UInt8]) -> Bool {
        text.allSatisfy { $0 == UInt8(ascii: " ") || (UInt8(ascii: "\t")...UInt8(ascii: "\r")).contains($0) }
    }

    private static func text(of path: String) throws(TensorFileError) -> [UInt8] {
        let file = try InputFile(path)
        let bytes = try file.bytes(at: 0, count: file.size)
        // Line by line, so that the message can say where.
        if (try? UTF8Span(validating: bytes.span)) == nil {
            for (index, line) in UTF8Line.lines(of: bytes).enumerated() {
                try UTF8Line.check(line, (path, "line \(index + 1)"))
            }
        }
        guard !isBlank(bytes) else {
            throw TensorFileError(
                .missing,
                file: path,
                place: "text",
                cause: bytes.isEmpty ? "the file is empty" : "the file holds nothing but blanks",
                remedy: "name a file with text"
            )
        }
        return bytes
    }
}
