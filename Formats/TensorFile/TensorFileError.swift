/// What went wrong with a file: the one error type of every reader and writer in the package.
///
/// A message names the file, the place in it, the cause and what to do, in one line.
public struct TensorFileError: Error, Hashable, Sendable {
    /// The family that tests and callers tell apart; the words are in `cause`.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The file ends inside a field.
        case truncated
        /// A field's text or value breaks the format.
        case malformed
        /// A size or sum does not fit in 64 bits.
        case overflow
        /// A count, length or depth above what the format or this reader allows.
        case limit
        /// A name that must be unique stands twice.
        case duplicate
        /// Two tensors or members share bytes.
        case overlap
        /// Bytes that belong to no tensor (they could hide data).
        case gap
        /// Two statements of the file contradict each other, or a checksum its data.
        case mismatch
        /// The format is known but this version, type or feature is not read or written.
        case unsupported
        /// The file is of another format altogether.
        case foreign
        /// A value outside its tensor's or table's range, or a NaN or infinity that the target type cannot hold.
        case value
        /// Something asked for is not in the file.
        case missing
        /// The output exists and replacing it was not asked for.
        case exists
        /// The system refused: permissions, no space, input/output.
        case system
    }

    /// The family.
    public var kind: Kind
    /// The file, as the caller named it; empty when the bytes came from memory.
    public var file: String
    /// Where in the file: a field, a tensor, a byte offset.
    public var place: String
    /// What is wrong, with the value found and the one expected.
    public var cause: String
    /// What the reader of the message can do.
    public var remedy: String

    /// An error of `kind` at `place`.
    public init(_ kind: Kind, file: String = "", place: String, cause: String, remedy: String) {
        self.kind = kind
        self.file = file
        self.place = place
        self.cause = cause
        self.remedy = remedy
    }

    /// The same error with the file's name filled in where it was not known.
    public func inFile(_ name: String) -> TensorFileError {
        guard file.isEmpty else { return self }
        var copy = self
        copy.file = name
        return copy
    }
}

extension TensorFileError: CustomStringConvertible {
    /// One line: file, place, cause, remedy. Hostile names are escaped and cut, whatever they contain.
    public var description: String {
        let head = file.isEmpty ? place.shortened : "\(file): \(place.shortened)"
        return "\(head): \(cause.shortened); \(remedy)".escapingControls
    }
}

extension String {
    /// The text, cut where it is longer than a message should be: a header may hold a name of 100 MB.
    fileprivate var shortened: String {
        utf8.count <= 2_000 ? self : String(decoding: utf8.prefix(2_000), as: UTF8.self) + "…"
    }

    /// The text with control characters written as `\u{…}`, so that a file's names cannot move the cursor or fake lines.
    public var escapingControls: String {
        guard unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.properties.generalCategory == .control {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
