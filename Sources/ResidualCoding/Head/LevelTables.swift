import Kernels

/// What the codes of packed levels stand for in every class, and which widths a block of columns may have.
///
/// A level ±(32·q + point) with q = 2·magnitude − quantiser has the code 2q − 1 or, if it is negative, 2q; 0 has the code 0.
struct LevelTables: Sendable {
    /// Eight levels a class.
    private let small: [Int8]
    /// Sixteen levels a class, in two parts.
    private let firsts: [Int8]
    private let seconds: [Int8]
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
        var (small, firsts, seconds): ([Int8], [Int8], [Int8]) = ([], [], [])
        // A table of eight classes may begin at the last one.
        for c in lowest...highest + 8 {
            let levels = (0..<16).map { Self.level(ofCode: $0, class: c, tables: tables) }
            small += levels[..<8].map { Int8(clamping: $0) }
            firsts += levels.map { Int8(clamping: $0 / 2) }
            seconds += levels.map { Int8(clamping: $0 - $0 / 2) }
        }
        (self.small, self.firsts, self.seconds) = (small, firsts, seconds)
    }

    /// What rows of that magnitude add to the class of each column.
    static func offset(ofMagnitude magnitude: Int) -> Int { 2 * (magnitude - RowIndex.unitMagnitude) }

    /// The level that `code` stands for in a class, whether it has tables or not.
    private static func level(ofCode code: Int, class c: Int, tables: SymbolTables) -> Int {
        let q = (code + 1) / 2
        guard q > 0 else { return 0 }
        let quantiser = q & 1
        let magnitude = (q + quantiser) / 2
        var level = q * SymbolTables.pointsPerStep
        if magnitude <= SymbolTables.pointCount {
            level += Int(tables.points[4 * tables.pair(c, quantiser: quantiser) + magnitude])
        }
        return code & 1 == 1 ? level : -level
    }

    /// The code of `level` in `column` among those of a width, or nil where it has none.
    ///
    /// - Parameter codes: The number of codes in use: 3, 7 or 15.
    @inline(__always)
    func code(of level: Int32, column: Int, offset: Int, codes: Int) -> Int? {
        guard level != 0 else { return 0 }
        let magnitude = Int(level.magnitude)
        let at = (classes[column] + offset - lowestClass) * 16
        // A point moves a level by less than a step.
        for q in [magnitude / SymbolTables.pointsPerStep, magnitude / SymbolTables.pointsPerStep + 1] {
            let code = 2 * q - 1
            guard q > 0, code < codes else { continue }
            if Int(firsts[at + code]) + Int(seconds[at + code]) == magnitude { return level > 0 ? code : code + 1 }
        }
        return nil
    }

    /// The width of `block` in rows of `offset` that takes fewest bytes, levels without a code counted.
    func width(ofBlock block: Int, offset: Int) -> see_level_width {
        let columns = block * Self.blockColumns..<(block + 1) * Self.blockColumns
        let span = columns.map { classes[$0] }.max().map { $0 - (classes[columns].min() ?? $0) } ?? 0
        var best = (bits: Double(8 * SEE_LEVELS_16.blockBytes), width: SEE_LEVELS_16)
        for width in [SEE_LEVELS_4, SEE_LEVELS_3, SEE_LEVELS_2, SEE_LEVELS_NONE]
        where span <= Self.largestSpan || width == SEE_LEVELS_NONE {
            // Half of the codes but that of 0 are positive.
            let largest = width.codeCount / 2
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

    /// What a level outside the codes costs: 8 bytes, and as much again for the time that it takes.
    private static let exceptionBits = 128.0

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
            _ firsts: UnsafePointer<Int8>,
            _ seconds: UnsafePointer<Int8>,
            _ classes: UnsafePointer<UInt8>,
            _ blocks: UnsafePointer<Int32>
        ) -> Result {
            var tables = see_level_tables(
                small: small,
                firsts: firsts,
                seconds: seconds,
                classes: classes,
                block_classes: blocks
            )
            return withUnsafePointer(to: &tables, body)
        }
        return call(small, firsts, seconds, columnClasses, blockClasses)
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
        default: 16
        }
    }

    /// The codes in use: 0, and as many positive as negative ones.
    var codeCount: Int { self == SEE_LEVELS_NONE ? 0 : (1 << codeBits) - 1 }

    /// Bytes that a block takes.
    var blockBytes: Int { codeBits * LevelTables.blockColumns / 8 }
}
