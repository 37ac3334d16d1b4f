import Kernels

/// What the codes of packed levels stand for in every class, and which widths a block of columns may have.
///
/// A level is ±(32·q + point) with q = 2·magnitude − quantiser, or 0. Points end with q = 6.
struct LevelTables: Sendable {
    /// The levels of the codes 0 … 7 in every class.
    private let small: [Int8]
    private let turnedSmall: [Int8]
    /// The magnitudes of the levels of q = 0 … 7 in every class.
    private let magnitudes: [UInt8]
    private let turnedMagnitudes: [UInt8]
    /// The levels of codes of 2 and 3 bits and the magnitudes of codes of 4, where a block has one class: 64 entries a table.
    private let spread2: [Int8]
    private let spread3: [Int8]
    private let spread4: [UInt8]
    /// 8 · (each column's class less the lowest of its block), with zeros for columns beyond the last.
    private let columnClasses: [UInt8]
    /// Each block's lowest class less `lowestClass`.
    private let blockClasses: [Int32]
    /// The lowest class that a column can have in any row.
    private let lowestClass: Int
    /// The classes of the columns, padded.
    private let classes: [Int]
    private let tables: SymbolTables

    /// Columns a block.
    static let blockColumns = SEE_LEVEL_BLOCK
    /// The number of blocks.
    var blockCount: Int { blockClasses.count }

    /// Tables for columns of the classes `axisClasses`.
    init(axisClasses: [Int], tables: SymbolTables) {
        self.tables = tables
        let blocks = (axisClasses.count + Self.blockColumns - 1) / Self.blockColumns
        // A column beyond the last is always 0, whatever its class.
        let padding = [Int](repeating: axisClasses.last ?? 1, count: blocks * Self.blockColumns - axisClasses.count)
        let classes = axisClasses + padding
        self.classes = classes
        let offsets = Self.offset(ofMagnitude: 0)...Self.offset(ofMagnitude: RowIndex.magnitudeCount - 1)
        let lowest = (classes.min() ?? 1) + offsets.lowerBound
        let highest = (classes.max() ?? 1) + offsets.upperBound
        lowestClass = lowest
        var columnClasses: [UInt8] = []
        var blockClasses: [Int32] = []
        for first in stride(from: 0, to: classes.count, by: Self.blockColumns) {
            let block = classes[first..<first + Self.blockColumns]
            let low = block.min() ?? 1
            blockClasses.append(Int32(low - lowest))
            // Where a block has more classes than fit, no table is used.
            columnClasses += block.map { UInt8(truncatingIfNeeded: 8 * min($0 - low, 31)) }
        }
        (self.columnClasses, self.blockClasses) = (columnClasses, blockClasses)
        // The tables of the last class reach seven beyond it.
        let classCount = highest - lowest + 1 + Self.largestSpan
        let magnitudes = (0..<classCount).flatMap { c in
            (0..<Self.classEntries).map {
                UInt8(clamping: Self.magnitude(ofStep: $0, class: lowest + c, tables: tables))
            }
        }
        let small = magnitudes.indices.map { i in
            // Code 1 would be a negative zero.
            let (first, code) = (i / Self.classEntries * Self.classEntries, i % Self.classEntries)
            let level = Int8(clamping: Int(magnitudes[first + code / 2]))
            return code & 1 == 1 ? -level : level
        }
        (self.small, self.magnitudes) = (small, magnitudes)
        turnedSmall = Self.turned(small)
        turnedMagnitudes = Self.turned(magnitudes)
        spread2 = Self.spread(small, bits: 2, tables: 3)
        spread3 = Self.spread(small, bits: 3, tables: 2)
        spread4 = Self.spread(magnitudes, bits: 3, tables: 2)
    }

    /// Entries of a table in a class.
    private static let classEntries = SEE_LEVEL_CLASS_ENTRIES

    /// For every class that has a table of eight classes, that table with entry i of class j at 8 · i + j.
    private static func turned<Element>(_ table: [Element]) -> [Element] {
        let tables = table.count / classEntries - largestSpan
        return (0..<max(0, tables)).flatMap { c in
            (0..<classEntries * (largestSpan + 1)).map {
                table[(c + $0 % classEntries) * classEntries + $0 / classEntries]
            }
        }
    }

    /// For every class, tables of 64 entries each: in table i, an index of 6 bits stands for what its bits from `bits` · i on say.
    private static func spread<Element>(_ table: [Element], bits: Int, tables: Int) -> [Element] {
        stride(from: 0, to: table.count, by: classEntries).flatMap { first in
            (0..<64 * tables).map { table[first + (($0 % 64) >> ($0 / 64 * bits)) % (1 << bits)] }
        }
    }

    /// Whether all columns of `block` have one class.
    func hasOneClass(block: Int) -> Bool {
        columnClasses[block * Self.blockColumns..<(block + 1) * Self.blockColumns].allSatisfy { $0 == 0 }
    }

    /// What rows of that magnitude add to the class of each column.
    static func offset(ofMagnitude magnitude: Int) -> Int { 2 * (magnitude - RowIndex.unitMagnitude) }

    /// The magnitude of the levels with that q in a class, whether it has tables or not.
    private static func magnitude(ofStep q: Int, class c: Int, tables: SymbolTables) -> Int {
        guard q > 0 else { return 0 }
        let quantiser = q & 1
        let magnitude = (q + quantiser) / 2
        var level = q * SymbolTables.pointsPerStep
        if magnitude <= SymbolTables.pointCount {
            level += Int(tables.points[4 * tables.pair(c, quantiser: quantiser) + magnitude])
        }
        return level
    }

    /// The q of `level` in `column`, negative if the level is, or nil where a width has no code for it.
    @inline(__always)
    func step(of level: Int32, column: Int, offset: Int, _ width: see_level_width) -> Int? {
        guard level != 0 else { return 0 }
        let magnitude = Int(level.magnitude)
        let at = (classes[column] + offset - lowestClass) * Self.classEntries
        // A point moves a level by less than a step.
        for q in [magnitude / SymbolTables.pointsPerStep, magnitude / SymbolTables.pointsPerStep + 1]
        where q > 0 && q <= width.largestStep {
            let found = q < Self.classEntries ? Int(magnitudes[at + q]) : q * SymbolTables.pointsPerStep
            if found == magnitude { return level > 0 ? q : -q }
        }
        return nil
    }

    /// The width of `block` in rows of `offset` that takes fewest bytes, levels without a code counted.
    func width(ofBlock block: Int, offset: Int) -> see_level_width {
        let columns = block * Self.blockColumns..<(block + 1) * Self.blockColumns
        let span = columns.map { classes[$0] }.max().map { $0 - (classes[columns].min() ?? $0) } ?? 0
        var best = (bits: Double(8 * SEE_LEVELS_16.blockBytes), width: SEE_LEVELS_16)
        let widths = [SEE_LEVELS_8, SEE_LEVELS_4, SEE_LEVELS_3, SEE_LEVELS_2, SEE_LEVELS_NONE]
        for width in blockCount > Self.mostByteBlocks ? widths.dropFirst() : widths[...]
        where span <= Self.largestSpan || width == SEE_LEVELS_NONE {
            let largest = width.largestStep
            var bits = Double(8 * width.blockBytes)
            for column in columns {
                bits += Self.exceptionBits * probability(ofMoreThan: largest, class: classes[column] + offset)
            }
            if bits < best.bits { best = (bits, width) }
        }
        return best.width
    }

    /// The largest difference between classes in a block of codes: eight classes have room in an index.
    private static let largestSpan = 7

    /// Blocks of bytes that the sums of a row have room for.
    private static let mostByteBlocks = 512

    /// What a level outside the codes costs: 4 bytes, and the time in which the memory sends sixteen.
    private static let exceptionBits = 160.0

    /// The probability that q is above `largest`, both quantisers being as likely.
    private func probability(ofMoreThan largest: Int, class c: Int) -> Double {
        let clamped = min(max(c, tables.classes.lowerBound), tables.classes.upperBound)
        let shift = SymbolTables.shift(ofClass: clamped)
        var total = 0.0
        for quantiser in 0...1 {
            let pair = tables.pair(clamped, quantiser: quantiser)
            // Magnitudes 0 … (largest + quantiser) / 2 are within.
            let within = Double((largest + quantiser) / 2 + 1) / Double(1 << shift)
            let symbol = min(Int(within), SymbolTables.symbolCount - 1)
            let at = pair * (SymbolTables.symbolCount + 1) + symbol
            let start = Double(tables.starts[at])
            let size = Double(tables.starts[at + 1]) - start
            let below = start + size * (within - Double(symbol))
            total += 1 - below / Double(1 << SymbolTables.totalBits)
        }
        return max(0, total / 2)
    }

    /// Calls `body` with the tables as the kernels take them.
    func withKernelTables<Result>(_ body: (UnsafePointer<see_level_tables>) -> Result) -> Result {
        // Arrays passed as pointers have an address even when they are empty.
        func call(
            _ small: UnsafePointer<Int8>,
            _ turnedSmall: UnsafePointer<Int8>,
            _ magnitudes: UnsafePointer<UInt8>,
            _ turnedMagnitudes: UnsafePointer<UInt8>,
            _ spread2: UnsafePointer<Int8>,
            _ spread3: UnsafePointer<Int8>,
            _ spread4: UnsafePointer<UInt8>,
            _ classes: UnsafePointer<UInt8>,
            _ blocks: UnsafePointer<Int32>
        ) -> Result {
            var tables = see_level_tables(
                small: small,
                turned_small: turnedSmall,
                magnitudes: magnitudes,
                turned_magnitudes: turnedMagnitudes,
                spread_2: spread2,
                spread_3: spread3,
                spread_4: spread4,
                classes: classes,
                block_classes: blocks
            )
            return withUnsafePointer(to: &tables, body)
        }
        return call(
            small,
            turnedSmall,
            magnitudes,
            turnedMagnitudes,
            spread2,
            spread3,
            spread4,
            columnClasses,
            blockClasses
        )
    }
}

extension see_level_width {
    /// The bits of a code, or of a level.
    var codeBits: Int {
        switch self {
        case SEE_LEVELS_NONE: 0
        case SEE_LEVELS_2: 2
        case SEE_LEVELS_3: 3
        case SEE_LEVELS_4: 4
        case SEE_LEVELS_8: 8
        default: 16
        }
    }

    /// The largest q that has codes; of bytes, −128 stays unused.
    var largestStep: Int { self == SEE_LEVELS_NONE ? 0 : (1 << (codeBits - 1)) - 1 }

    /// Bytes that a row of a block takes.
    var blockBytes: Int { codeBits * LevelTables.blockColumns / 8 }
}
