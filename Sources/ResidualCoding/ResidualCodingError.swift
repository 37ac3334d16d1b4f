/// Why a matrix cannot be coded or a coded one not be read. The caller that knows the file adds its name.
public struct ResidualCodingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of thing is wrong.
    public enum Kind: Hashable, Sendable {
        /// Sizes that contradict each other or lie outside their range.
        case size
        /// A number outside its range, or one that is not finite.
        case value
        /// A part that is needed and absent.
        case missing
        /// A budget that cannot be met.
        case infeasible
        /// Rows that cannot be read.
        case reading
        /// The caller's progress callback asked to stop.
        case cancelled
    }

    /// What kind of thing is wrong.
    public let kind: Kind
    /// The part concerned, by its stored name (`residual.rows`) or by the option's name.
    public let part: String
    /// What is wrong with it, with the figures.
    public let cause: String
    /// What the user can do.
    public let remedy: String

    /// An error about `part`.
    public init(_ kind: Kind, _ part: String, _ cause: String, remedy: String) {
        (self.kind, self.part, self.cause, self.remedy) = (kind, part, cause, remedy)
    }

    /// One line: part, cause, remedy.
    public var description: String { "\(part): \(cause); \(remedy)" }

    static func damaged(_ kind: Kind, _ part: String, _ cause: String) -> ResidualCodingError {
        ResidualCodingError(kind, part, cause, remedy: "factorize the table again")
    }
}
