// swift-format-ignore-file: NeverForceUnwrap
// The addresses unwrapped here are of arrays that are never empty: slots and units are at least one.

/// The vectors that units own: for every slot a table of units × slot size, or one table that all slots share,
/// in `copies` independent versions whose products are summed (MorphTE's rank).
public struct UnitTables: Sendable, Equatable {
    /// The most units that a table may have.
    public static let maximumUnits = 1 << 24
    /// The most copies.
    public static let maximumCopies = 1 << 12

    /// How products of slot vectors make an embedding's vector.
    public let shape: EntanglementShape
    /// The number of units of each slot.
    public let unitCounts: [Int]
    /// How many versions of each table there are.
    public let copies: Int
    /// Whether all slots read one table.
    public let isShared: Bool
    /// How the numbers are stored.
    public let factorType: FactorType
    /// All tables, one after the other: one a slot, or a single shared one; each `[copies, units, slot size]`, rounded
    /// to `factorType`.
    private var numbers: [Float]
    /// Where each table lies in `numbers`.
    private let ranges: [Range<Int>]

    /// The tables that are stored: one a slot, or a single shared one; each `[copies, units, slot size]`.
    public var values: [[Float]] { ranges.map { Array(numbers[$0]) } }
    /// The number of numbers in each stored table.
    public var tableSizes: [Int] { ranges.map(\.count) }
    /// The stored bytes of all tables.
    public var byteCount: Int { tableSizes.reduce(0) { $0 + factorType.byteCount(of: $1) } }

    /// Tables of the given values, which are rounded to `factorType`.
    ///
    /// - Parameters:
    ///   - unitCounts: The units of each slot; of a shared table, its units once or once for each slot.
    ///   - values: A table `[copies, units, slot size]` for each slot, or one shared table.
    /// - Throws: kind `size` where counts contradict each other, `value` for numbers that are not finite.
    public init(
        shape: EntanglementShape,
        unitCounts: [Int],
        copies: Int = 1,
        isShared: Bool = false,
        factorType: FactorType = .float32,
        values: [[Float]]
    ) throws(EntanglementError) {
        let sizes = try Self.tableSizes(shape: shape, unitCounts: unitCounts, copies: copies, isShared: isShared)
        guard values.map(\.count) == sizes else {
            throw .damaged(.size, "units", "tables of \(values.map(\.count)) numbers where \(sizes) belong")
        }
        for (slot, table) in values.enumerated() where !table.allSatisfy(\.isFinite) {
            throw .damaged(.value, "units.\(slot + 1)", "a number is not finite")
        }
        self.shape = shape
        self.unitCounts = isShared ? Array(repeating: unitCounts[0], count: shape.order) : unitCounts
        (self.copies, self.isShared, self.factorType) = (copies, isShared, factorType)
        var first = 0
        ranges = sizes.map { size in
            defer { first += size }
            return first..<first + size
        }
        numbers = values.flatMap(factorType.rounded)
    }

    /// How many numbers each table of such a form has.
    ///
    /// - Throws: kind `size` where counts contradict each other or leave their ranges.
    public static func tableSizes(
        shape: EntanglementShape,
        unitCounts: [Int],
        copies: Int,
        isShared: Bool
    ) throws(EntanglementError) -> [Int] {
        guard unitCounts.count == shape.order || (isShared && unitCounts.count == 1),
            unitCounts.allSatisfy({ (1...maximumUnits).contains($0) }), (1...maximumCopies).contains(copies)
        else {
            throw .damaged(.size, "units", "\(unitCounts) units in \(copies) copies for \(shape.order) slots")
        }
        if isShared {
            guard Set(shape.slotSizes).count == 1, Set(unitCounts).count == 1 else {
                throw .damaged(.size, "units", "a shared table needs slots of one size, not \(shape.slotSizes)")
            }
            return [copies * unitCounts[0] * shape.slotSizes[0]]
        }
        return zip(unitCounts, shape.slotSizes).map { copies * $0 * $1 }
    }

    /// The table that `slot` reads, `[copies, units, slot size]`.
    public func table(ofSlot slot: Int) -> [Float] { Array(numbers[ranges[isShared ? 0 : slot]]) }

    /// Calls `body` with a function that finds the vector of a unit in a slot and a copy. Units must be in range.
    func withVectors<Result>(
        _ body: ((_ slot: Int, _ unit: Int, _ copy: Int) -> UnsafePointer<Float>) -> Result
    ) -> Result {
        return numbers.withUnsafeBufferPointer { buffer in
            // Every table has at least one unit of at least one number.
            let base = buffer.baseAddress!
            return body { slot, unit, copy in
                base + ranges[isShared ? 0 : slot].lowerBound + (copy * unitCounts[slot] + unit) * shape.slotSizes[slot]
            }
        }
    }

    /// Replaces the table of `slot` (the shared one, if shared) by `table`, rounded to the factor type.
    mutating func replaceTable(ofSlot slot: Int, by table: [Float]) {
        let range = ranges[isShared ? 0 : slot]
        precondition(table.count == range.count, "a table keeps its size")
        numbers.replaceSubrange(range, with: factorType.rounded(table))
    }

    /// The table of `slot` with units of length 1, and what their lengths were; units of no length stay. For one copy.
    func normalized(slot: Int) -> (lengths: [Float], table: [Float]) {
        let size = shape.slotSizes[slot]
        var table = table(ofSlot: slot)
        let lengths = (0..<table.count / size).map { unit in
            let vector = table[unit * size..<(unit + 1) * size]
            let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return length > 1e-20 ? length : 1
        }
        for i in table.indices { table[i] /= lengths[i / size] }
        return (lengths, table)
    }
}
