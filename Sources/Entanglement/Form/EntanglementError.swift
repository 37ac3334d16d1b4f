/// Why an embedding cannot be built, fitted or rebuilt. The caller that knows the file adds its name.
public struct EntanglementError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of thing is wrong.
    public enum Kind: Hashable, Sendable {
        /// Sizes that contradict each other or lie outside their range.
        case size
        /// A stored number outside its range: a unit that no table has, a gain that is not finite.
        case value
        /// A part that is needed and absent, or of another type than its name says.
        case missing
        /// A request that no plan can meet, such as a byte ratio too high for the table.
        case infeasible
        /// The caller's progress callback asked to stop.
        case cancelled
    }

    /// What kind of thing is wrong.
    public let kind: Kind
    /// The part concerned, by its stored name (`codes`, `units.1`) or by the option's name.
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

    static func damaged(_ kind: Kind, _ part: String, _ cause: String) -> EntanglementError {
        EntanglementError(kind, part, cause, remedy: "factorize the embedding again")
    }
}
