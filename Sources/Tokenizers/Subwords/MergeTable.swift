/// Which two neighbouring symbols merge, how early, and into what: an open-addressed table keyed by pairs of ids.
struct MergeTable: Sendable {
    /// What becomes of a pair.
    struct Merge {
        /// Lower merges first; equal ones from the left.
        var rank: UInt32
        /// The merged symbol.
        var product: UInt32
    }

    private struct Slot {
        var pair: UInt64
        var merge: Merge
    }

    /// No pair of ids: ids are below 2^31.
    private static let free = Slot(pair: .max, merge: Merge(rank: 0, product: 0))

    private var slots: [Slot]
    private let seed = ByteHash.seed
    private(set) var count = 0

    /// An empty table with room for `capacity` pairs.
    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = Array(repeating: MergeTable.free, count: size)
    }

    /// Sets what becomes of `left` followed by `right`; the last word counts.
    mutating func insert(_ left: Int, _ right: Int, _ merge: Merge) {
        if (count + 1) * 2 > slots.count { grow() }
        let pair = MergeTable.pair(UInt32(truncatingIfNeeded: left), UInt32(truncatingIfNeeded: right))
        let slot = slot(of: pair)
        if slots[slot].pair != pair { count += 1 }
        slots[slot] = Slot(pair: pair, merge: merge)
    }

    /// What becomes of `left` followed by `right`.
    @inline(__always)
    func merge(_ left: UInt32, _ right: UInt32) -> Merge? {
        let pair = MergeTable.pair(left, right)
        let found = slots[slot(of: pair)]
        return found.pair == pair ? found.merge : nil
    }

    @inline(__always)
    private static func pair(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

    @inline(__always)
    private func slot(of pair: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: ByteHash.mix(pair ^ seed, 0xA076_1D64_78BD_642F)) & mask
        while slots[slot].pair != pair, slots[slot].pair != .max { slot = (slot + 1) & mask }
        return slot
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: MergeTable.free, count: old.count * 2)
        for entry in old where entry.pair != .max { slots[slot(of: entry.pair)] = entry }
    }
}
