import LinearAlgebra

/// A whole table as a sum of Kronecker products, E ≈ Σₖ Aₖ ⊗ Bₖ with Aₖ `[t₁, q₁]` and Bₖ `[t₂, q₂]`: the vector of token
/// v = i·t₂ + j is Σₖ Aₖ[i] ⊗ Bₖ[j], cut to the dimension (word2ketXS of order 2, Panahi and others 2020; for two
/// cores a tensor-train matrix is the same form).
public struct KroneckerSum: StorableTable {
    /// The name of the form.
    public static let form = "kroneckersum"
    /// The number of tokens.
    public let tokenCount: Int
    /// The length of a vector.
    public let dimension: Int
    /// The number of products.
    public let rank: Int
    /// t₁ and t₂, whose product covers the tokens.
    public let tokenSizes: [Int]
    /// q₁ and q₂, whose product covers the dimension.
    public let slotSizes: [Int]
    /// How both factors are stored.
    public let factorType: FactorType
    /// A `[rank, t₁·q₁]`, rounded.
    let first: [Float]
    /// B `[rank, t₂·q₂]`, rounded.
    let second: [Float]

    /// The bytes of such a form.
    static func byteCount(rank: Int, tokenSizes: [Int], slotSizes: [Int], type: FactorType) -> Int {
        zip(tokenSizes, slotSizes).reduce(0) { $0 + type.byteCount(of: rank * $1.0 * $1.1) }
    }

    init(
        tokenCount: Int,
        dimension: Int,
        tokenSizes: [Int],
        slotSizes: [Int],
        rank: Int,
        factorType: FactorType,
        first: [Float],
        second: [Float]
    ) {
        (self.tokenCount, self.dimension, self.rank) = (tokenCount, dimension, rank)
        (self.tokenSizes, self.slotSizes, self.factorType) = (tokenSizes, slotSizes, factorType)
        self.first = factorType.rounded(first)
        self.second = factorType.rounded(second)
    }

    /// Both factors.
    public var parts: [StoredPart] {
        [
            StoredPart("first", numbers: first.count, bytes: factorType.byteCount(of: first.count)),
            StoredPart("second", numbers: second.count, bytes: factorType.byteCount(of: second.count)),
        ]
    }

    /// Writes the vectors of `tokens`.
    public func write(_ tokens: Range<Int>, to rows: inout MutableSpan<Float>) {
        let (q1, q2) = (slotSizes[0], slotSizes[1])
        var product = [Float](repeating: 0, count: q1 * q2)
        for (line, token) in tokens.enumerated() {
            let (i, j) = (token / tokenSizes[1], token % tokenSizes[1])
            for x in product.indices { product[x] = 0 }
            product.withUnsafeMutableBufferPointer { product in
                second.withUnsafeBufferPointer { second in
                    guard let product = product.baseAddress, let second = second.baseAddress else { return }
                    for k in 0..<rank {
                        let (a, b) = ((k * tokenSizes[0] + i) * q1, (k * tokenSizes[1] + j) * q2)
                        for x in 0..<q1 { axpy(first[a + x], second + b, product + x * q2, count: q2) }
                    }
                }
            }
            for x in 0..<dimension { rows[line * dimension + x] = product[x] }
        }
    }

    /// The factors as arrays `first` and `second`.
    public var stored: StoredEmbedding {
        StoredEmbedding(
            form: Self.form,
            of: self,
            [
                ("rank", .integer(rank)), ("factorType", .text(factorType.rawValue)),
                ("tokenSizes", .integers(tokenSizes)), ("slotSizes", .integers(slotSizes)),
            ],
            [
                .init(
                    name: "first",
                    element: .factors(factorType),
                    shape: [rank, tokenSizes[0], slotSizes[0]],
                    bytes: factorType.encode(first)
                ),
                .init(
                    name: "second",
                    element: .factors(factorType),
                    shape: [rank, tokenSizes[1], slotSizes[1]],
                    bytes: factorType.encode(second)
                ),
            ]
        )
    }

    /// The table from its stored form.
    public init(stored: StoredEmbedding) throws(EntanglementError) {
        (tokenCount, dimension) = try stored.header(form: Self.form)
        rank = try stored.integer("rank", in: 0...EntanglementShape.maximumDimension)
        factorType = try stored.factorType()
        tokenSizes = try stored.integers("tokenSizes")
        slotSizes = try stored.integers("slotSizes")
        guard tokenSizes.count == 2, slotSizes.count == 2,
            try checkedProduct(tokenSizes, part: "tokenSizes") >= tokenCount,
            try checkedProduct(slotSizes, part: "slotSizes") >= dimension
        else { throw .damaged(.size, "tokenSizes", "\(tokenSizes) and \(slotSizes) do not cover the table") }
        first = try stored.finiteNumbers(
            "first",
            count: checkedProduct([rank, tokenSizes[0], slotSizes[0]], part: "first"),
            as: factorType
        )
        second = try stored.finiteNumbers(
            "second",
            count: checkedProduct([rank, tokenSizes[1], slotSizes[1]], part: "second"),
            as: factorType
        )
    }
}

/// word2ketXS of order 2, fitted in closed form: with the table's entries rearranged to `[t₁·q₁, t₂·q₂]` the sum of
/// Kronecker products becomes a low-rank matrix, whose best approximation is the truncated SVD (Van Loan and
/// Pitsianis 1993).
public struct Word2KetXS: TableMethod {
    /// The name on the command line.
    public static let name = "word2ketxs"

    /// The method.
    public init() {}

    /// The rank that fills the budget, in F32, F16 or Q8_0, whichever has the least error.
    public func fit(_ table: Matrix, budgetBytes: Int, seed: UInt64) throws(EntanglementError) -> any StorableTable {
        let slots = try EntanglementShape(dimension: table.columns, order: table.columns < 4 ? 1 : 2).slotSizes
        let slotSizes = slots.count == 2 ? slots : [1, table.columns]
        let side = EntanglementShape.ceilingRoot(of: max(1, table.rows), degree: 2)
        let tokenSizes = [(max(1, table.rows) + side - 1) / side, side]
        let sides = zip(tokenSizes, slotSizes).map { $0 * $1 }
        let types: [FactorType] = [.float32, .float16, .q8_0]
        func rank(_ type: FactorType) -> Int {
            var (low, high) = (0, min(sides[0], sides[1]))
            while low < high {
                let middle = (low + high + 1) / 2
                let bytes = KroneckerSum.byteCount(
                    rank: middle,
                    tokenSizes: tokenSizes,
                    slotSizes: slotSizes,
                    type: type
                )
                if bytes <= budgetBytes { low = middle } else { high = middle - 1 }
            }
            return low
        }
        let ranks = types.map(rank)
        guard let most = ranks.max(), most > 0 else {
            let least = KroneckerSum.byteCount(rank: 1, tokenSizes: tokenSizes, slotSizes: slotSizes, type: .q8_0)
            throw infeasible(table, budget: budgetBytes, least: least)
        }
        let svd = try SingularValues.ofTable(rearranged(table, tokenSizes, slotSizes), rank: most, seed: seed)
        let left = svd.scaledLeft(min(most, svd.values.count)).transposed
        var best: (error: Double, table: KroneckerSum)?
        for (type, rank) in zip(types, ranks) where rank > 0 {
            let rank = min(rank, svd.values.count)
            let candidate = KroneckerSum(
                tokenCount: table.rows,
                dimension: table.columns,
                tokenSizes: tokenSizes,
                slotSizes: slotSizes,
                rank: rank,
                factorType: type,
                first: Array(left.elements[..<(rank * sides[0])]),
                second: Array(svd.right.elements[..<(rank * sides[1])])
            )
            let error = candidate.relativeErrors(against: table).plain
            if error < best?.error ?? .infinity { best = (error, candidate) }
        }
        guard let best else { throw infeasible(table, budget: budgetBytes, least: budgetBytes) }
        return best.table
    }

    /// Entry (i·q₁ + x, j·q₂ + y) is entry x·q₂ + y of token i·t₂ + j; zero past the table's ends.
    private func rearranged(_ table: Matrix, _ tokenSizes: [Int], _ slotSizes: [Int]) -> Matrix {
        let (t2, q1, q2) = (tokenSizes[1], slotSizes[0], slotSizes[1])
        var elements = [Float](repeating: 0, count: tokenSizes[0] * q1 * t2 * q2)
        for token in 0..<table.rows {
            let (i, j) = (token / t2, token % t2)
            for x in 0..<q1 {
                for y in 0..<q2 where x * q2 + y < table.columns {
                    elements[(i * q1 + x) * t2 * q2 + j * q2 + y] =
                        table.elements[token * table.columns + x * q2 + y]
                }
            }
        }
        return Matrix(rows: tokenSizes[0] * q1, columns: t2 * q2, elements: elements)
    }
}
