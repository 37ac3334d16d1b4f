/// Why a model cannot take its input, or its output cannot be used.
///
/// A message names the place, the cause and what to do, in one line.
public struct TransformerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What callers tell apart.
    public enum Kind: Hashable, Sendable {
        /// A token id beyond the table.
        case tokenOutOfRange
        /// More tokens than the context holds.
        case contextOverflow
        /// Nothing to start from.
        case emptyInput
        /// A NaN or infinity among the scores.
        case notFinite
        /// A student and a teacher of different shapes.
        case mismatch
    }

    /// The family.
    public var kind: Kind
    /// Where: a token's place in the input.
    public var place: String
    /// What is wrong.
    public var cause: String
    /// What to do.
    public var remedy: String

    /// An error at `place`.
    public init(_ kind: Kind, place: String, cause: String, remedy: String) {
        (self.kind, self.place, self.cause, self.remedy) = (kind, place, cause, remedy)
    }

    /// One line for a person.
    public var description: String { "\(place): \(cause); \(remedy)" }
}
