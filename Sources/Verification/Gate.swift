/// A bound that a verification must keep, and what was found.
public struct Gate: Sendable, Hashable {
    /// Whether the figure must not be below or not above the bound.
    public enum Direction: Sendable, Hashable {
        case atLeast, atMost
    }

    /// The gate's name, such as `byteRatio`, with the table's name behind a colon where there are several.
    public var name: String
    /// What was found.
    public var value: Double
    /// What was asked for.
    public var bound: Double
    /// Which side of the bound is good.
    public var direction: Direction

    /// A gate on `value`.
    public init(_ name: String, value: Double, _ direction: Direction, _ bound: Double) {
        self.name = name
        self.value = value
        self.bound = bound
        self.direction = direction
    }

    /// Whether the bound is kept; a figure that is no number keeps none.
    public var isPassed: Bool { direction == .atLeast ? value >= bound : value <= bound }
}
