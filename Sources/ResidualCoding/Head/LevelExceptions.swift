import Kernels

/// Levels that no code stands for, of rows that are multiplied together.
///
/// They lie block after block of columns and there column after column, so that neighbours are of different rows: one after the
/// other in a row, each would wait until the one before is added.
struct LevelExceptions: Sendable {
    /// Where each block's begin, and the end.
    private var starts: [Int32] = [0]
    private var entries: [UInt32] = []

    /// Bytes of what a product reads.
    var byteCount: Int { 4 * (starts.count + entries.count) }

    /// The most rows that are multiplied together.
    static let mostRows = 256

    /// Those of some rows while the rows are packed, in any order.
    struct Collection {
        /// A block, and what is stored of it.
        private var keys: [UInt64] = []

        /// Adds the level of `row`, below `mostRows`, in `column`, in as many parts as it takes.
        mutating func add(_ level: Int32, row: Int, column: Int) {
            let (block, place) = column.quotientAndRemainder(dividingBy: LevelTables.blockColumns)
            var rest = level
            repeat {
                let part = max(LevelExceptions.levels.lowerBound, min(LevelExceptions.levels.upperBound, rest))
                let entry = UInt32(place) << 26 | UInt32(row) << 18 | UInt32(bitPattern: part) & 0x3FFFF
                keys.append(UInt64(block) << 32 | UInt64(entry))
                rest -= part
            } while rest != 0
        }

        /// All of them, in rows of `blockCount` blocks.
        consuming func sorted(blockCount: Int) -> LevelExceptions {
            keys.sort()
            var exceptions = LevelExceptions()
            exceptions.entries = keys.map { UInt32(truncatingIfNeeded: $0) }
            var end = 0
            for block in 0..<blockCount {
                while end < keys.count, keys[end] >> 32 == block { end += 1 }
                exceptions.starts.append(Int32(end))
            }
            return exceptions
        }
    }

    /// What an entry has room for.
    private static let levels: ClosedRange<Int32> = -(1 << 17)...(1 << 17) - 1

    /// Adds level · element of `vector`, padded to whole blocks, to the products of the rows.
    func add(_ vector: [Float], to products: UnsafeMutablePointer<Float>) {
        see_add_level_exceptions(entries, starts, starts.count - 1, vector, products)
    }
}
