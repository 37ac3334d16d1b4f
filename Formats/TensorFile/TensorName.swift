/// A name as a key of sets and dictionaries, compared byte by byte.
///
/// Swift's `String` equality is canonical equivalence: under it a container's names "é" and "e" + U+0301 would be one.
public struct TensorName: Hashable, Sendable {
    /// The name.
    public let text: String

    /// The name `text`.
    public init(_ text: String) {
        self.text = text
    }

    /// True where both have the same bytes.
    public static func == (one: TensorName, other: TensorName) -> Bool {
        let (one, other) = (one.text.utf8.span, other.text.utf8.span)
        guard one.count == other.count else { return false }
        return one.indices.allSatisfy { one[$0] == other[$0] }
    }

    /// Feeds the bytes.
    public func hash(into hasher: inout Hasher) {
        text.utf8.span.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension TensorName: Comparable {
    /// The order of the bytes, which is also the order of the Unicode scalars.
    public static func < (one: TensorName, other: TensorName) -> Bool {
        one.text.utf8.lexicographicallyPrecedes(other.text.utf8)
    }
}
