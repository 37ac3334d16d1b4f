/// Which units make each sense of each token: token → senses → one unit a slot, bit-packed.
public struct SenseCodes: Sendable, Equatable {
    /// The most senses that a token may have.
    public static let maximumRank = 4096
    /// The most tokens.
    public static let maximumTokens = 1 << 28

    /// The number of tokens.
    public let tokenCount: Int
    /// The number of units of each slot.
    public let unitCounts: [Int]
    /// The rank that every token has; nil where it varies.
    public let fixedRank: Int?
    /// The first sense of each token, and the number of all senses; empty where the rank is fixed.
    private let firstSenses: [UInt32]
    /// The fields of all senses in order: for each, one field of ⌈log₂ units⌉ bits a slot.
    public let packed: BitSequence
    private let widths: [Int]
    private let senseWidth: Int

    /// The number of senses of all tokens together.
    public var senseCount: Int { fixedRank.map { $0 * tokenCount } ?? Int(firstSenses.last ?? 0) }
    /// The number of slots.
    public var order: Int { unitCounts.count }
    /// The greatest rank of a token.
    public var maximumRank: Int {
        fixedRank ?? zip(firstSenses, firstSenses.dropFirst()).reduce(0) { max($0, Int($1.1 - $1.0)) }
    }
    /// The stored bytes of the unit indices.
    public var byteCount: Int { packed.byteCount }
    /// The stored bytes of the ranks, where they vary.
    public var rankByteCount: Int { packedRanks?.byteCount ?? 0 }

    /// Codes from plain indices: `units` holds, for the senses in token order, one unit a slot.
    ///
    /// - Parameter ranks: the number of senses of every token.
    /// - Throws: kind `size` where the counts disagree, `value` for a unit that its slot does not have.
    public init(ranks: [Int], unitCounts: [Int], units: [UInt32]) throws(EntanglementError) {
        let fixedRank = Set(ranks).count <= 1 ? ranks.first ?? 0 : nil
        try self.init(tokenCount: ranks.count, ranks: ranks, fixedRank: fixedRank, unitCounts: unitCounts) {
            (senseCount, widths) throws(EntanglementError) in
            guard units.count == senseCount * widths.count else {
                throw .damaged(.size, "codes", "\(units.count) units for \(senseCount) senses of \(widths.count) slots")
            }
            var packed = BitSequence(bitCount: senseCount * widths.reduce(0, +))
            var position = 0
            for (i, unit) in units.enumerated() {
                let slot = i % widths.count
                guard unit < unitCounts[slot] else {
                    throw .damaged(.value, "codes", "unit \(unit) where slot \(slot + 1) has \(unitCounts[slot])")
                }
                packed.set(Int(unit), at: position, width: widths[slot])
                position += widths[slot]
            }
            return packed
        }
    }

    /// Codes from their stored form.
    ///
    /// - Parameters:
    ///   - fixedRank: the rank of every token, or nil where `packedRanks` holds them.
    ///   - maximumRank: gives the width of the fields in `packedRanks`.
    /// - Throws: kind `size` where lengths disagree, `value` for a unit or a rank out of range.
    public init(
        tokenCount: Int,
        fixedRank: Int?,
        maximumRank: Int,
        packedRanks: [UInt8],
        unitCounts: [Int],
        packedUnits: [UInt8]
    ) throws(EntanglementError) {
        guard (0...Self.maximumTokens).contains(tokenCount), (0...Self.maximumRank).contains(maximumRank) else {
            throw .damaged(.size, "codes", "\(tokenCount) tokens of rank \(maximumRank)")
        }
        var ranks: [Int] = []
        if fixedRank == nil {
            guard maximumRank > 0 else { throw .damaged(.value, "ranks", "ranks that vary, but none above 0") }
            let width = BitSequence.width(holding: maximumRank + 1)
            guard let fields = BitSequence(bytes: packedRanks, bitCount: tokenCount * width) else {
                throw .damaged(.size, "ranks", "\(packedRanks.count) bytes for \(tokenCount) fields of \(width) bits")
            }
            ranks = (0..<tokenCount).map { fields.field(at: $0 * width, width: width) }
        }
        try self.init(tokenCount: tokenCount, ranks: ranks, fixedRank: fixedRank, unitCounts: unitCounts) {
            (senseCount, widths) throws(EntanglementError) in
            let bits = senseCount * widths.reduce(0, +)
            guard let packed = BitSequence(bytes: packedUnits, bitCount: bits) else {
                throw .damaged(.size, "codes", "\(packedUnits.count) bytes where \(bits) bits belong")
            }
            return packed
        }
        // Where the units fill their field, no field can be out of range.
        for slot in 0..<order where unitCounts[slot] != 1 << widths[slot] {
            for sense in 0..<senseCount where unit(ofSense: sense, slot: slot) >= unitCounts[slot] {
                throw .damaged(.value, "codes", "a unit beyond the \(unitCounts[slot]) of slot \(slot + 1)")
            }
        }
    }

    private init(
        tokenCount: Int,
        ranks: [Int],
        fixedRank: Int?,
        unitCounts: [Int],
        pack: (_ senseCount: Int, _ widths: [Int]) throws(EntanglementError) -> BitSequence
    ) throws(EntanglementError) {
        guard EntanglementShape.orders.contains(unitCounts.count),
            unitCounts.allSatisfy({ (1...UnitTables.maximumUnits).contains($0) }), tokenCount <= Self.maximumTokens
        else {
            throw .damaged(.size, "codes", "\(tokenCount) tokens over units \(unitCounts)")
        }
        guard (ranks + [fixedRank ?? 0]).allSatisfy({ (0...Self.maximumRank).contains($0) }) else {
            throw .damaged(.value, "ranks", "a rank outside 0…\(Self.maximumRank)")
        }
        let senseCount = fixedRank.map { $0 * tokenCount } ?? ranks.reduce(0, +)
        guard senseCount <= Int(UInt32.max) else { throw .damaged(.size, "codes", "\(senseCount) senses") }
        var first: [UInt32] = []
        if fixedRank == nil {
            first.reserveCapacity(tokenCount + 1)
            first.append(0)
            for rank in ranks { first.append(first[first.count - 1] + UInt32(rank)) }
        }
        (self.tokenCount, self.unitCounts, self.fixedRank, firstSenses) = (tokenCount, unitCounts, fixedRank, first)
        widths = unitCounts.map(BitSequence.width(holding:))
        senseWidth = widths.reduce(0, +)
        packed = try pack(senseCount, widths)
    }

    /// The senses of `token`, as positions among all senses.
    public func senses(of token: Int) -> Range<Int> {
        if let fixedRank { return token * fixedRank..<(token + 1) * fixedRank }
        return Int(firstSenses[token])..<Int(firstSenses[token + 1])
    }

    /// The unit that fills `slot` of sense number `sense`.
    public func unit(ofSense sense: Int, slot: Int) -> Int {
        var position = sense * senseWidth
        for earlier in 0..<slot { position += widths[earlier] }
        return packed.field(at: position, width: widths[slot])
    }

    /// The units of all senses of `token`, sense after sense.
    public func units(of token: Int) -> [UInt32] {
        senses(of: token).flatMap { sense in (0..<order).map { UInt32(unit(ofSense: sense, slot: $0)) } }
    }

    /// The ranks in fields of ⌈log₂(maximum rank + 1)⌉ bits; nil where the rank is fixed.
    public var packedRanks: BitSequence? {
        guard fixedRank == nil else { return nil }
        let width = BitSequence.width(holding: maximumRank + 1)
        var fields = BitSequence(bitCount: tokenCount * width)
        for token in 0..<tokenCount { fields.set(senses(of: token).count, at: token * width, width: width) }
        return fields
    }

    /// The tokens that share all their units with another token, in groups: without gains they would share a vector.
    public var collisions: [[Int]] {
        var groups: [[UInt32]: [Int]] = [:]
        for token in 0..<tokenCount { groups[units(of: token), default: []].append(token) }
        return groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
    }
}
