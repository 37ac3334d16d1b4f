/// The codes and gains of all tokens while they are being fitted: plain numbers instead of packed fields.
struct SenseAssignment: Sendable {
    let order: Int
    /// The first sense of each token, and the number of all senses.
    let firstSenses: [Int]
    /// How many leading senses of each token are given and never re-encoded.
    let givenRanks: [Int]
    /// One unit a slot for each sense.
    var units: [UInt32]
    /// One gain for each sense.
    var gains: [Float]

    var tokenCount: Int { givenRanks.count }

    func senses(of token: Int) -> Range<Int> { firstSenses[token]..<firstSenses[token + 1] }

    /// Every token gets its senses of `given` and then its share of `extraRanks` more, all of unit 0 until they are encoded.
    init(given: SenseCodes, extraRanks: [Int]) {
        order = given.order
        givenRanks = (0..<given.tokenCount).map { given.senses(of: $0).count }
        var first = [0]
        var units: [UInt32] = []
        for token in 0..<given.tokenCount {
            units += given.units(of: token)
            units += repeatElement(0, count: extraRanks[token] * given.order)
            first.append(units.count / given.order)
        }
        (firstSenses, self.units) = (first, units)
        gains = Array(repeating: 1, count: units.count / order)
    }

    /// The most senses that a token has besides given ones.
    var maximumLearnedRank: Int {
        (0..<tokenCount).reduce(0) { max($0, senses(of: $1).count - givenRanks[$1]) }
    }

    /// The codes, packed.
    func codes(unitCounts: [Int]) throws(EntanglementError) -> SenseCodes {
        try SenseCodes(ranks: (0..<tokenCount).map { senses(of: $0).count }, unitCounts: unitCounts, units: units)
    }
}

extension SenseAssignment {
    /// Puts `units` and `gains` in the place of the token's first senses.
    mutating func replace(_ token: Int, units: [UInt32], gains: [Float]) {
        let first = senses(of: token).lowerBound
        self.units.replaceSubrange(first * order..<first * order + units.count, with: units)
        self.gains.replaceSubrange(first..<first + gains.count, with: gains)
    }

    /// The same senses, but of the learned ones only the first `rank` count: the gains of the others are 0.
    func limited(toLearned rank: Int) -> SenseAssignment {
        var limited = self
        for token in 0..<tokenCount {
            for sense in senses(of: token).dropFirst(givenRanks[token] + rank) { limited.gains[sense] = 0 }
        }
        return limited
    }
}
