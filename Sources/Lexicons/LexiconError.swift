/// What is wrong with a lexicon, a word list or a segmentation table.
///
/// A message names the file, the place in it, the cause and what to do, in one line.
public struct LexiconError: Error, Hashable, Sendable {
    /// The file, as the caller named it; empty when the bytes came from memory.
    public var file: String
    /// Where in the file: a line, a byte, a word.
    public var place: String
    /// What is wrong, with what was found and what was expected.
    public var cause: String
    /// What the reader of the message can do.
    public var remedy: String

    /// An error at `place`.
    public init(file: String = "", place: String, cause: String, remedy: String) {
        self.file = file
        self.place = place
        self.cause = cause
        self.remedy = remedy
    }

    /// A line that breaks its format.
    static func line(
        _ number: Int,
        _ cause: String,
        remedy: String = "mend the line, or pass bad lines with --skip-bad"
    )
        -> LexiconError
    {
        LexiconError(place: "line \(number)", cause: cause, remedy: remedy)
    }

    /// The same error with the file's name filled in where it was not known.
    public func inFile(_ name: String) -> LexiconError {
        guard file.isEmpty else { return self }
        var copy = self
        copy.file = name
        return copy
    }
}

extension LexiconError: CustomStringConvertible {
    /// One line: file, place, cause, remedy. Control characters of hostile texts are escaped.
    public var description: String {
        var text = ""
        for scalar in "\(file.isEmpty ? "" : file + ": ")\(place): \(cause); \(remedy)".unicodeScalars {
            if scalar.properties.generalCategory == .control {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
