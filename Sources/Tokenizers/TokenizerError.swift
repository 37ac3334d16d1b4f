/// What is wrong with a vocabulary or tokenizer file.
///
/// A message names the file, the place in it, the cause and what to do, in one line.
public struct TokenizerError: Error, Hashable, Sendable {
    /// The file, as the caller named it; empty when the bytes came from memory.
    public var file: String
    /// Where in the file: a key, a line, a token, a byte offset.
    public var place: String
    /// What is wrong, with the value found and the one expected.
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

    /// The same error with the file's name filled in where it was not known.
    public func inFile(_ name: String) -> TokenizerError {
        guard file.isEmpty else { return self }
        var copy = self
        copy.file = name
        return copy
    }

    /// A file that breaks its format; only its author can mend it.
    static func malformed(_ place: String, _ cause: String) -> TokenizerError {
        TokenizerError(place: place, cause: cause, remedy: "fetch the file again or ask its author")
    }

    /// A feature that this module does not carry out.
    static func unsupported(_ place: String, _ cause: String) -> TokenizerError {
        TokenizerError(place: place, cause: cause, remedy: "tokenize with the model's own library, or report the model")
    }
}

extension TokenizerError: CustomStringConvertible {
    /// One line: file, place, cause, remedy. Control characters of hostile names are escaped.
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
