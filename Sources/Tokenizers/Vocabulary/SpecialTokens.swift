/// The ids of tokens with a role; nil where the vocabulary has none.
public struct SpecialTokens: Hashable, Sendable {
    /// Begins a text.
    public var beginning: Int?
    /// Ends a text.
    public var end: Int?
    /// Stands for what no piece covers.
    public var unknown: Int?
    /// Fills a batch.
    public var padding: Int?
    /// Separates texts (BERT's `[SEP]`).
    public var separator: Int?
    /// Stands for the whole text (BERT's `[CLS]`).
    public var classification: Int?
    /// A blank to be filled (BERT's `[MASK]`).
    public var mask: Int?

    /// No role is taken.
    public init() {}

    /// The roles with their names in messages.
    var named: [(name: String, id: Int)] {
        let all: [(String, Int?)] = [
            ("beginning", beginning), ("end", end), ("unknown", unknown), ("padding", padding),
            ("separator", separator), ("classification", classification), ("mask", mask),
        ]
        return all.compactMap { name, id in id.map { (name, $0) } }
    }

    /// The same roles without ids outside `0..<count`.
    func within(_ count: Int) -> SpecialTokens {
        var copy = self
        for role in SpecialTokens.roles {
            if let id = copy[keyPath: role], id < 0 || id >= count { copy[keyPath: role] = nil }
        }
        return copy
    }

    /// The same roles, those without a token taken from `other`.
    func filled(from other: SpecialTokens) -> SpecialTokens {
        var copy = self
        for role in SpecialTokens.roles where copy[keyPath: role] == nil { copy[keyPath: role] = other[keyPath: role] }
        return copy
    }

    private static var roles: [WritableKeyPath<SpecialTokens, Int?>] {
        [\.beginning, \.end, \.unknown, \.padding, \.separator, \.classification, \.mask]
    }
}
