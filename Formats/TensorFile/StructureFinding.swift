/// Something that a container's structure shows to a careful reader, though the file could be read.
public struct StructureFinding: Hashable, Sendable, CustomStringConvertible {
    /// How much it matters.
    public enum Severity: Hashable, Sendable {
        /// Allowed and harmless: worth knowing in a report only.
        case note
        /// A breach of the format that was accepted: users should hear of it.
        case warning
    }

    /// How much it matters.
    public let severity: Severity
    /// Where in the file: a field, a tensor, a byte offset.
    public let place: String
    /// What was found.
    public let text: String

    /// A finding at `place`.
    public init(_ severity: Severity, place: String, _ text: String) {
        self.severity = severity
        self.place = place
        self.text = text
    }

    /// Place and text in one line; control characters are escaped.
    public var description: String { "\(place): \(text)".escapingControls }
}
