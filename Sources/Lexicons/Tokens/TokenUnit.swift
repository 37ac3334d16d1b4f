/// What tokens are made of: a unit has a vector in the factors, and many tokens share it.
public enum TokenUnit: Hashable, Sendable {
    /// A minimal unit of meaning, of the lexicon with the given number.
    case sememe(String, lexicon: Int)
    /// A minimal unit of grammar, or several glued together; UTF-8.
    case morpheme([UInt8])
    /// Whether the token begins a word.
    case mark(TokenForm.Mark)
    /// Its pattern of capitals.
    case capitals(TokenForm.Capitals)
    /// A digit of the number of a token that has no meaning: bytes, special tokens, lone rare letters.
    case identity(Int)
    /// A digit that tells tokens apart whose units are all the same otherwise.
    case distinction(Int)
    /// The first empty slot of a tuple.
    case firstPad
    /// Any further empty slot.
    case furtherPad

    /// The name in tables.
    public var name: String {
        switch self {
        case .sememe(let name, _): name
        case .morpheme(let bytes): "‹\(String(decoding: bytes, as: UTF8.self))›"
        case .mark(let mark): "mark:\(mark.rawValue)"
        case .capitals(let capitals): "capitals:\(capitals.rawValue)"
        case .identity(let digit): "identity:\(digit)"
        case .distinction(let digit): "distinct:\(digit)"
        case .firstPad: "pad:1"
        case .furtherPad: "pad:2"
        }
    }
}

/// The units of every token of a vocabulary: senses of `order` slots each, as many as the token has meanings.
public struct UnitTuples: Sendable, Equatable {
    /// The units of each slot; a tuple names them by position.
    public let slots: [[TokenUnit]]
    /// For each token its senses, for each sense one unit a slot.
    public let tuples: [[[UInt32]]]
    /// Tokens that shared all their units with a more frequent one and were given a distinguishing tuple.
    public let resolvedCollisions: Int

    /// The number of slots.
    public var order: Int { slots.count }
    /// The senses of each token.
    public var ranks: [Int] { tuples.map(\.count) }

    /// The units of sense `sense` of `token`.
    /// - Precondition: both exist.
    public func units(ofToken token: Int, sense: Int) -> [TokenUnit] {
        tuples[token][sense].enumerated().map { slots[$0][Int($1)] }
    }

    /// The `count` tokens that share most units with `token`, and how many: pads and marks tell nothing and do not count,
    /// nor do units that more than a hundredth of all tokens have.
    public func nearest(to token: Int, count: Int) -> [(token: Int, shared: Int)] {
        var uses: [TokenUnit: Int] = [:]
        let sets = tuples.indices.map { token in telling(token) }
        for set in sets { for unit in set { uses[unit, default: 0] += 1 } }
        let limit = max(2, tuples.count / 100)
        let own = sets[token].filter { uses[$0, default: 0] <= limit }
        var found: [(token: Int, shared: Int)] = []
        for other in sets.indices where other != token {
            let shared = own.count { sets[other].contains($0) }
            if shared > 0 { found.append((other, shared)) }
        }
        return Array(found.sorted { ($1.shared, $0.token) < ($0.shared, $1.token) }.prefix(count))
    }

    private func telling(_ token: Int) -> Set<TokenUnit> {
        var set: Set<TokenUnit> = []
        for sense in tuples[token] {
            for (slot, unit) in sense.enumerated() {
                switch slots[slot][Int(unit)] {
                case .sememe, .morpheme: set.insert(slots[slot][Int(unit)])
                default: break
                }
            }
        }
        return set
    }
}
