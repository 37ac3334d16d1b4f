/// Where a running fit stands after a step: enough to go on from there, bit for bit as if it had never stopped.
///
/// A fit is a sequence of steps, each a number (an error, or how many steps of a kind follow). On resuming, the numbers
/// of the steps that were done lead through the same sequence, without the steps themselves being done again.
struct FitState: Sendable {
    /// What the steps gave, in order.
    var results: [Double] = []
    var tables: UnitTables
    var assignment: SenseAssignment
    var levels: LogarithmicLevels?
    /// The best state of the alternation that is running.
    var bestTables: UnitTables
    var bestAssignment: SenseAssignment

    private static let magic: UInt64 = 0x3154_4946_4545_53  // "SEEFIT1"

    /// The state as bytes, little-endian.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        func add(_ word: UInt64) { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
        func add(_ values: [Float]) {
            add(UInt64(values.count))
            for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
        }
        func add(_ values: [UInt32]) {
            add(UInt64(values.count))
            for value in values { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
        }
        add(Self.magic)
        add(UInt64(results.count))
        for result in results { add(result.bitPattern) }
        add(levels.map { [$0.low, $0.ratio] } ?? [])
        for (tables, assignment) in [(tables, assignment), (bestTables, bestAssignment)] {
            add(tables.unitCounts.map { UInt32(truncatingIfNeeded: $0) })
            for table in tables.values { add(table) }
            add(assignment.units)
            add(assignment.gains)
        }
        return bytes
    }

    /// The state in `bytes`; nil where it is damaged or of another fit than the one that begins with `start` and rounds
    /// gains to `levelCount` magnitudes.
    init?(_ bytes: [UInt8], like start: FitState, levelCount: Int) {
        var reader = Reader(bytes: bytes)
        guard reader.word() == Self.magic, let count = reader.count(of: 8) else { return nil }
        results = (0..<count).map { _ in Double(bitPattern: reader.word() ?? 0) }
        guard let levels = reader.floats(), levels.isEmpty || levels.count == 2 else { return nil }
        if levels.count == 2 {
            guard let known = LogarithmicLevels(low: levels[0], ratio: levels[1], count: levelCount) else { return nil }
            self.levels = known
        }
        func part(_ start: FitState) -> (UnitTables, SenseAssignment)? {
            guard let counts = reader.integers()?.map({ Int($0) }), counts.count == start.tables.unitCounts.count else {
                return nil
            }
            var values: [[Float]] = []
            for _ in start.tables.tableSizes {
                guard let table = reader.floats() else { return nil }
                values.append(table)
            }
            guard
                let tables = try? UnitTables(
                    shape: start.tables.shape,
                    unitCounts: counts,
                    copies: start.tables.copies,
                    isShared: start.tables.isShared,
                    factorType: start.tables.factorType,
                    values: values
                ),
                let units = reader.integers(), units.count == start.assignment.units.count,
                units.indices.allSatisfy({ units[$0] < counts[$0 % start.assignment.order] }),
                let gains = reader.floats(), gains.count == start.assignment.gains.count, gains.allSatisfy(\.isFinite)
            else { return nil }
            var assignment = start.assignment
            (assignment.units, assignment.gains) = (units, gains)
            return (tables, assignment)
        }
        guard let present = part(start), let best = part(start), reader.isAtEnd else { return nil }
        (tables, assignment) = present
        (bestTables, bestAssignment) = best
    }

    /// The state in which a fit begins.
    init(tables: UnitTables, assignment: SenseAssignment) {
        (self.tables, self.assignment) = (tables, assignment)
        (bestTables, bestAssignment) = (tables, assignment)
    }

    /// Reads numbers, and nothing beyond the end.
    private struct Reader {
        let bytes: [UInt8]
        var place = 0

        var isAtEnd: Bool { place == bytes.count }

        mutating func word() -> UInt64? {
            guard bytes.count - place >= 8 else { return nil }
            defer { place += 8 }
            return (0..<8).reduce(0) { $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1) }
        }

        /// A count of things of `size` bytes each, all of which are there.
        mutating func count(of size: Int) -> Int? {
            guard let count = word(), count <= UInt64((bytes.count - place) / size) else { return nil }
            return Int(count)
        }

        mutating func integers() -> [UInt32]? {
            guard let count = count(of: 4) else { return nil }
            defer { place += 4 * count }
            return bytes.withUnsafeBytes { raw in
                (0..<count).map {
                    UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: place + 4 * $0, as: UInt32.self))
                }
            }
        }

        mutating func floats() -> [Float]? { integers()?.map { Float(bitPattern: $0) } }
    }
}
