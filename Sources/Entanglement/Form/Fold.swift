import LinearAlgebra

/// The arithmetic of one product of slot vectors, F₁ ⊗ … ⊗ Fₒ, on a vector folded to q₁ × … × qₒ (last slot fastest).
///
/// Works on raw memory: these few loops are all that fitting and decoding spend their time in.
struct Fold: Sendable {
    let sizes: [Int]
    let productLength: Int
    /// The product of the sizes before each slot, and of those after it.
    private let before: [Int]
    private let after: [Int]

    init(_ shape: EntanglementShape) {
        let sizes = shape.slotSizes
        self.sizes = sizes
        productLength = shape.productLength
        before = sizes.indices.map { sizes[..<$0].reduce(1, *) }
        after = sizes.indices.map { sizes[($0 + 1)...].reduce(1, *) }
    }

    var order: Int { sizes.count }

    /// The longest product that leaves one slot out.
    var longestCofactor: Int { sizes.map { productLength / $0 }.max() ?? 1 }

    /// result = gain · v₁ ⊗ … ⊗ vₒ, where `vectors(slot)` points at slot's vector.
    @inline(__always)
    func setProduct(
        _ result: UnsafeMutablePointer<Float>,
        gain: Float,
        _ vectors: (Int) -> UnsafePointer<Float>
    ) {
        // No slot is left out.
        setCofactor(result, of: order, gain: gain, vectors)
    }

    /// sum += gain · v₁ ⊗ … ⊗ vₒ; `head` has room for `longestCofactor` numbers. Every machine gives the same bits.
    @inline(__always)
    func addProduct(
        to sum: UnsafeMutablePointer<Float>,
        gain: Float,
        _ head: UnsafeMutablePointer<Float>,
        _ vectors: (Int) -> UnsafePointer<Float>
    ) {
        let last = order - 1
        setCofactor(head, of: last, gain: gain, vectors)
        addOuterProduct(1, head, count: before[last], vectors(last), count: sizes[last], to: sum)
    }

    /// cofactor = gain · the product of all vectors but that of `slot`, the last slot fastest.
    @inline(__always)
    func setCofactor(
        _ cofactor: UnsafeMutablePointer<Float>,
        of slot: Int,
        gain: Float,
        _ vectors: (Int) -> UnsafePointer<Float>
    ) {
        cofactor[0] = gain
        var length = 1
        for other in 0..<order where other != slot {
            let (size, vector) = (sizes[other], vectors(other))
            // From the end, so that each head is read before its block overwrites it.
            for head in stride(from: length - 1, through: 0, by: -1) {
                let value = cofactor[head]
                for x in 0..<size { cofactor[head * size + x] = value * vector[x] }
            }
            length *= size
        }
    }

    /// result += the folded `vector` contracted with `cofactor` over every slot but `slot`: one number for each of the
    /// slot's dimensions.
    @inline(__always)
    func addContraction(
        _ result: UnsafeMutablePointer<Float>,
        of vector: UnsafePointer<Float>,
        slot: Int,
        with cofactor: UnsafePointer<Float>
    ) {
        LinearAlgebra.addContraction(
            of: vector,
            heads: before[slot],
            size: sizes[slot],
            tails: after[slot],
            with: cofactor,
            to: result
        )
    }

    /// vector += the product of `part` in `slot` with `cofactor` in the others: the transpose of the contraction.
    @inline(__always)
    func addExpansion(
        _ vector: UnsafeMutablePointer<Float>,
        of part: UnsafePointer<Float>,
        slot: Int,
        with cofactor: UnsafePointer<Float>
    ) {
        let (size, tails) = (sizes[slot], after[slot])
        for head in 0..<before[slot] {
            for x in 0..<size {
                let block = vector + (head * size + x) * tails
                for tail in 0..<tails { block[tail] += part[x] * cofactor[head * tails + tail] }
            }
        }
    }
}
