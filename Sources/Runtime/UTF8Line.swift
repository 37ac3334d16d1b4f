import TensorFile

/// A line of input text.
public enum UTF8Line {
    /// Refuses bytes that are not UTF-8.
    public static func check(_ bytes: [UInt8], _ origin: (file: String, place: String)) throws(TensorFileError) {
        guard (try? UTF8Span(validating: bytes.span)) == nil else { return }
        throw TensorFileError(
            .malformed,
            file: origin.file,
            place: origin.place,
            cause: "the text is not UTF-8",
            remedy: "convert the text to UTF-8"
        )
    }

    /// The lines of `text`, without the bytes that end them (LF or CR LF).
    public static func lines(of text: [UInt8]) -> [[UInt8]] {
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { $0.last == UInt8(ascii: "\r") ? Array($0.dropLast()) : $0 }
    }
}
