/// The senses of one token while it is encoded.
struct TokenSenses: Sendable {
    /// How many leading senses are given and never looked for.
    let given: Int
    private(set) var units: [UInt32]
    var gains: [Float]
    let order: Int

    init(given: Int, units: [UInt32], gains: [Float], order: Int) {
        (self.given, self.units, self.gains, self.order) = (given, units, gains, order)
    }

    var rank: Int { gains.count }

    func units(of sense: Int) -> [UInt32] { Array(units[sense * order..<(sense + 1) * order]) }

    /// The given senses and at most `learned` others.
    func prefix(learned: Int) -> TokenSenses {
        var part = self
        part.keep(min(rank, learned >= rank ? rank : given + learned))
        return part
    }

    mutating func keep(_ rank: Int) {
        units.removeLast(units.count - rank * order)
        gains.removeLast(gains.count - rank)
    }

    mutating func append(_ found: SenseSearch.Found) {
        units += found.units
        gains.append(found.gain)
    }

    mutating func replace(_ sense: Int, by found: SenseSearch.Found) {
        units.replaceSubrange(sense * order..<(sense + 1) * order, with: found.units)
        gains[sense] = found.gain
    }

    /// The units as a set of senses: equal for tokens that differ in the order of their senses only.
    var unorderedUnits: [UInt32] {
        let senses = (0..<rank).map { units(of: $0) }
        return senses.sorted { $0.lexicographicallyPrecedes($1) }.flatMap { $0 }
    }
}
