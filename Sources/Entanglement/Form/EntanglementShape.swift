/// How a vector of `dimension` numbers is folded into a product of slots: sizes q₁…qₒ with q₁·…·qₒ ≥ dimension.
///
/// A product of slot vectors has q₁·…·qₒ entries, the last slot running fastest; only the first `dimension` count.
public struct EntanglementShape: Hashable, Sendable {
    /// The largest dimension that is accepted, which keeps every product of sizes far from overflow.
    public static let maximumDimension = 1 << 20
    /// The orders that are accepted.
    public static let orders = 1...4

    /// The length d of the vectors.
    public let dimension: Int
    /// The slot sizes q₁…qₒ.
    public let slotSizes: [Int]

    /// The number o of slots.
    public var order: Int { slotSizes.count }
    /// q₁·…·qₒ, the length of a product before the cut to `dimension`.
    public var productLength: Int { slotSizes.reduce(1, *) }

    /// A shape of the given slot sizes.
    ///
    /// - Throws: kind `size` for an order outside 1…4, a dimension outside 1…2²⁰, a size outside 1…dimension
    ///   or a product below the dimension.
    public init(dimension: Int, slotSizes: [Int]) throws(EntanglementError) {
        guard (1...Self.maximumDimension).contains(dimension) else {
            throw Self.unusable("dimension \(dimension) is not in 1…\(Self.maximumDimension)")
        }
        guard Self.orders.contains(slotSizes.count) else {
            throw Self.unusable("order \(slotSizes.count) is not in 1…4")
        }
        guard slotSizes.allSatisfy({ (1...dimension).contains($0) }) else {
            throw Self.unusable("slot sizes \(slotSizes) are not all in 1…\(dimension)")
        }
        // Four sizes of at most 2²⁰ could overflow, so the product stops once it is large enough.
        let covered = slotSizes.reduce(1) { $0 >= dimension ? $0 : $0 * $1 }
        guard covered >= dimension, slotSizes.reduce(0, { $0 + $1.bitWidth - $1.leadingZeroBitCount }) <= 62 else {
            throw Self.unusable("the product of slot sizes \(slotSizes) does not fit dimension \(dimension)")
        }
        (self.dimension, self.slotSizes) = (dimension, slotSizes)
    }

    /// The best fold of `dimension` into `order` slots: an exact factorisation where a nearly even one exists
    /// (384 = 16×24, 3072 = 12×16×16), else the smallest sizes whose product covers the dimension (397 → 19×21).
    public init(dimension: Int, order: Int) throws(EntanglementError) {
        guard (1...Self.maximumDimension).contains(dimension), Self.orders.contains(order) else {
            throw Self.unusable("no fold of dimension \(dimension) into \(order) slots")
        }
        var folds: [[Int]] = []
        Self.appendFolds(of: dimension, order: order, prefix: [], to: &folds)
        func better(_ a: [Int], _ b: [Int]) -> Bool {
            let (sumA, sumB) = (a.reduce(0, +), b.reduce(0, +))
            return (sumA, a.reduce(1, *)) < (sumB, b.reduce(1, *))
        }
        let smallest = folds.min(by: better) ?? [dimension]
        let exact = folds.filter { $0.reduce(1, *) == dimension }.min(by: better) ?? [dimension]
        // An uneven factorisation (2 × 199) costs more in tables than the cut entries of an even cover.
        let isEven = 4 * exact.reduce(0, +) <= 5 * smallest.reduce(0, +)
        try self.init(dimension: dimension, slotSizes: isEven ? exact : smallest)
    }

    /// The fold of the published methods: every slot has size ⌈dimension^(1/order)⌉.
    public init(uniform dimension: Int, order: Int) throws(EntanglementError) {
        guard (1...Self.maximumDimension).contains(dimension), Self.orders.contains(order) else {
            throw Self.unusable("no fold of dimension \(dimension) into \(order) slots")
        }
        let size = Self.ceilingRoot(of: dimension, degree: order)
        try self.init(dimension: dimension, slotSizes: Array(repeating: size, count: order))
    }

    /// The least q with q^degree ≥ value, in integers throughout: a float root gives 6 for the fifth root of 3125.
    public static func ceilingRoot(of value: Int, degree: Int) -> Int {
        guard value > 1, degree > 1 else { return max(value, 1) }
        func covers(_ root: Int) -> Bool {
            var product = 1
            for _ in 0..<degree {
                let (next, overflow) = product.multipliedReportingOverflow(by: root)
                if overflow || next >= value { return true }
                product = next
            }
            return false
        }
        var (low, high) = (1, value)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if covers(middle) { high = middle } else { low = middle }
        }
        return high
    }

    /// Every ascending fold whose last size is the least that covers the dimension.
    private static func appendFolds(of remaining: Int, order: Int, prefix: [Int], to folds: inout [[Int]]) {
        let least = prefix.last ?? 1
        guard order > 1 else {
            if remaining >= least { folds.append(prefix + [remaining]) }
            return
        }
        let most = ceilingRoot(of: remaining, degree: order)
        guard least <= most else { return }
        for size in least...most {
            appendFolds(of: (remaining + size - 1) / size, order: order - 1, prefix: prefix + [size], to: &folds)
        }
    }

    private static func unusable(_ cause: String) -> EntanglementError {
        EntanglementError(.size, "shape", cause, remedy: "choose an order from 1 to 4 that suits the dimension")
    }
}
