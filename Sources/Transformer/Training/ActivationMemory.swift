import LinearAlgebra

/// Memory for what a forward pass keeps and a backward pass computes: handed out in order, given back all at once, and kept
/// from step to step, because asking the system for it each time would cost page faults.
///
/// It belongs to one pass at a time.
final class ActivationMemory {
    /// Where memory was handed out up to.
    struct Mark {
        fileprivate let slab: Int
        fileprivate let used: Int
    }

    private var slabs: [ZeroedFloats] = []
    private var sizes: [Int] = []
    private var slab = 0
    private var used = 0

    /// The least numbers that are asked for at once.
    private static let leastSlab = 1 << 20
    /// Every piece begins at a multiple of so many numbers, a cache line.
    private static let alignment = 16

    /// Numbers in all slabs.
    var capacity: Int { sizes.reduce(0, +) }
    /// The most numbers that were handed out at a time.
    private var highest = 0
    /// Bytes that were in use at most. Slabs are larger, but the system gives memory only for what is written.
    var byteCount: Int { highest * MemoryLayout<Float>.stride }

    /// Room for `count` numbers, not cleared.
    func take(_ count: Int) -> UnsafeMutablePointer<Float> {
        let size = (count + Self.alignment - 1) / Self.alignment * Self.alignment
        while slab < slabs.count, used + size > sizes[slab] { (slab, used) = (slab + 1, 0) }
        if slab == slabs.count {
            // What comes later is as large as what came so far: few slabs are enough.
            let length = max(size, capacity, Self.leastSlab)
            slabs.append(ZeroedFloats(count: length))
            sizes.append(length)
        }
        defer {
            used += size
            highest = max(highest, sizes[..<slab].reduce(0, +) + used)
        }
        return slabs[slab].base + used
    }

    /// Room for a matrix `[rows, columns]`, not cleared.
    func matrix(_ rows: Int, _ columns: Int) -> MutableMatrixView<Float> {
        MutableMatrixView(take(rows * columns), rows: rows, columns: columns)
    }

    /// Everything handed out so far is in use until `release(to:)` of an earlier mark.
    var mark: Mark { Mark(slab: slab, used: used) }

    /// Takes back what was handed out after `mark`.
    func release(to mark: Mark) { (slab, used) = (mark.slab, mark.used) }

    /// Takes back everything.
    func reset() {
        if slabs.count > 1 {
            // One piece from now on.
            let total = capacity
            slabs = [ZeroedFloats(count: total)]
            sizes = [total]
        }
        (slab, used) = (0, 0)
    }

    /// Runs `body` and takes back what it was handed.
    func scratch<Result>(_ body: () throws -> Result) rethrows -> Result {
        let mark = mark
        defer { release(to: mark) }
        return try body()
    }
}
