import LinearAlgebra

/// Keys and values of translations that branch: each step's are stored once, and a translation names, for each step, the
/// row that belongs to it. Beams change places without anything being copied.
final class BranchingCache {
    /// Keys and values of one step in one layer, `[rows, 2 · width]`.
    private final class Slab {
        let base: UnsafeMutablePointer<Float>
        init(count: Int) { base = .allocate(capacity: max(1, count)) }
        deinit { base.deallocate() }
    }

    private let width: Int
    /// By layer and step.
    private var slabs: [[Slab]]
    /// For each translation, its row in each step.
    private(set) var histories: [[Int32]]

    /// Translations of which nothing is written yet.
    init(layers: Int, width: Int, rows: Int) {
        self.width = width
        slabs = Array(repeating: [], count: layers)
        histories = Array(repeating: [], count: rows)
    }

    /// The translations.
    var rows: Int { histories.count }

    /// Goes on with the translations `parents`, in this order; one may come several times, or not at all.
    func select(_ parents: [Int]) {
        histories = parents.map { histories[$0] }
    }

    /// Begins a step: each translation's newest row is its own.
    func beginStep() {
        for row in histories.indices { histories[row].append(Int32(row)) }
    }

    /// Stores the step's keys and values, the last two thirds of `projected` `[rows, 3 · width]`.
    func store(_ projected: MatrixView<Float>, layer: Int) {
        let slab = Slab(count: projected.rows * 2 * width)
        for row in 0..<projected.rows {
            (slab.base + row * 2 * width)
                .update(from: projected.base + row * projected.rowStride + width, count: 2 * width)
        }
        slabs[layer].append(slab)
    }

    /// Where the keys of each step of translation `row` lie; the values follow `width` numbers later.
    func keys(of row: Int, layer: Int, into addresses: UnsafeMutablePointer<UnsafePointer<Float>>) {
        let history = histories[row]
        let steps = slabs[layer]
        for step in 0..<history.count {
            (addresses + step).initialize(to: UnsafePointer(steps[step].base + Int(history[step]) * 2 * width))
        }
    }
}
