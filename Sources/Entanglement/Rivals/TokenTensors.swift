import LinearAlgebra

/// A table in which every token owns the vectors of its own products, E(v) = Σₖ F₁[v,k] ⊗ … ⊗ Fₒ[v,k], cut to the
/// dimension: nothing is shared between tokens (word2ket, Panahi and others 2020).
public struct TokenTensors: StorableTable {
    /// The name of the form.
    public static let form = "tokentensors"
    /// How products make a vector.
    public let shape: EntanglementShape
    /// The number of tokens.
    public let tokenCount: Int
    /// The products of a token.
    public let rank: Int
    /// How the vectors are stored.
    public let factorType: FactorType
    /// `[tokens, rank, q₁ + … + qₒ]`, rounded.
    let vectors: [Float]

    /// The length of a vector.
    public var dimension: Int { shape.dimension }
    private var width: Int { shape.slotSizes.reduce(0, +) }

    init(shape: EntanglementShape, tokenCount: Int, rank: Int, factorType: FactorType, vectors: [Float]) {
        (self.shape, self.tokenCount, self.rank, self.factorType) = (shape, tokenCount, rank, factorType)
        self.vectors = factorType.rounded(vectors)
    }

    /// All vectors.
    public var parts: [StoredPart] {
        [StoredPart("vectors", numbers: vectors.count, bytes: factorType.byteCount(of: vectors.count))]
    }

    /// Writes the vectors of `tokens`.
    public func write(_ tokens: Range<Int>, to rows: inout MutableSpan<Float>) {
        let fold = Fold(shape)
        let starts = shape.slotSizes.indices.map { shape.slotSizes[..<$0].reduce(0, +) }
        var product = [Float](repeating: 0, count: fold.productLength)
        vectors.withUnsafeBufferPointer { vectors in
            guard let base = vectors.baseAddress else { return }
            for (line, token) in tokens.enumerated() {
                for x in 0..<dimension { rows[line * dimension + x] = 0 }
                for k in 0..<rank {
                    let first = base + (token * rank + k) * width
                    fold.setProduct(&product, gain: 1) { first + starts[$0] }
                    for x in 0..<dimension { rows[line * dimension + x] += product[x] }
                }
            }
        }
    }

    /// The vectors as the array `vectors`.
    public var stored: StoredEmbedding {
        StoredEmbedding(
            form: Self.form,
            of: self,
            [
                ("rank", .integer(rank)), ("factorType", .text(factorType.rawValue)),
                ("slotSizes", .integers(shape.slotSizes)),
            ],
            [
                .init(
                    name: "vectors",
                    element: .factors(factorType),
                    shape: [tokenCount, rank, width],
                    bytes: factorType.encode(vectors)
                )
            ]
        )
    }

    /// The table from its stored form.
    public init(stored: StoredEmbedding) throws(EntanglementError) {
        let header = try stored.header(form: Self.form)
        tokenCount = header.tokens
        shape = try EntanglementShape(dimension: header.dimension, slotSizes: stored.integers("slotSizes"))
        rank = try stored.integer("rank", in: 0...SenseCodes.maximumRank)
        factorType = try stored.factorType()
        let count = try checkedProduct([tokenCount, rank, shape.slotSizes.reduce(0, +)], part: "vectors")
        vectors = try stored.finiteNumbers("vectors", count: count, as: factorType)
    }
}

/// word2ket: each token's vector, folded, as its own sum of a few products, by deflation with the higher-order power
/// method (for order 2 that is the truncated SVD of the folded vector).
public struct Word2Ket: TableMethod {
    /// The name on the command line.
    public static let name = "word2ket"

    /// The method.
    public init() {}

    /// Of orders 2 to 4 in F32, F16 and Q8_0, each at the highest rank that fits, the one with the least error.
    public func fit(_ table: Matrix, budgetBytes: Int, seed: UInt64) throws(EntanglementError) -> any StorableTable {
        var best: (error: Double, table: TokenTensors)?
        var least = Int.max
        for order in 2...4 where table.columns >= 1 << order {
            let shape = try EntanglementShape(dimension: table.columns, order: order)
            let width = shape.slotSizes.reduce(0, +)
            var fitted: [Int: [Float]] = [:]
            for type in [FactorType.q8_0, .float16, .float32] {
                let one = max(1, type.byteCount(of: table.rows * width))
                least = min(least, one)
                let rank = min(budgetBytes / one, SenseCodes.maximumRank, shape.slotSizes[0])
                guard rank > 0 else { continue }
                let vectors = fitted[rank] ?? products(table, shape: shape, rank: rank)
                fitted[rank] = vectors
                let candidate = TokenTensors(
                    shape: shape,
                    tokenCount: table.rows,
                    rank: rank,
                    factorType: type,
                    vectors: vectors
                )
                let error = candidate.relativeErrors(against: table).plain
                if error < best?.error ?? .infinity { best = (error, candidate) }
            }
        }
        guard let best else { throw infeasible(table, budget: budgetBytes, least: least) }
        return best.table
    }

    /// The vectors of `rank` products for every token, taken off one after the other.
    private func products(_ table: Matrix, shape: EntanglementShape, rank: Int) -> [Float] {
        let fold = Fold(shape)
        let parts = Parallel.mapChunks(of: table.rows, size: 256) { range in
            var vectors: [Float] = []
            var cofactor = [Float](repeating: 0, count: fold.longestCofactor)
            var product = [Float](repeating: 0, count: fold.productLength)
            for token in range {
                var residual = Array(table.row(token))
                residual += repeatElement(0, count: fold.productLength - residual.count)
                for _ in 0..<rank {
                    var slots = fold.start(of: residual)
                    var length: Float = 0
                    for _ in 0..<12 {
                        for slot in fold.sizes.indices {
                            length = fold.improve(&slots, slot: slot, on: residual, &cofactor)
                        }
                    }
                    // The length goes to the first slot.
                    slots[0] = slots[0].map { $0 * length }
                    let flat = slots.flatMap { $0 }
                    vectors += flat
                    flat.withUnsafeBufferPointer { flat in
                        guard let base = flat.baseAddress else { return }
                        fold.setProduct(&product, gain: 1) { slot in
                            base + fold.sizes[..<slot].reduce(0, +)
                        }
                    }
                    for x in residual.indices { residual[x] -= product[x] }
                }
            }
            return vectors
        }
        return Array(parts.joined())
    }
}
