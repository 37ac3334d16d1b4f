import LinearAlgebra

/// A table as a tensor-train matrix of three cores: with token v = (i₁ i₂ i₃) and dimension x = (x₁ x₂ x₃) in mixed
/// radix, E[v, x] ≈ G₁[i₁x₁] · G₂[i₂x₂] · G₃[i₃x₃], where G₁ is `[m₁, r₁]`, G₂ `[r₁, m₂, r₂]`, G₃ `[r₂, m₃]`, mⱼ = tⱼ·qⱼ
/// (Oseledets 2011; for embeddings Hrinchuk and others 2020).
public struct TensorTrainTable: StorableTable {
    /// The name of the form.
    public static let form = "tensortrain"
    /// The number of tokens.
    public let tokenCount: Int
    /// The length of a vector.
    public let dimension: Int
    /// t₁, t₂, t₃.
    public let tokenSizes: [Int]
    /// q₁, q₂, q₃.
    public let slotSizes: [Int]
    /// r₁ and r₂.
    public let ranks: [Int]
    /// How the cores are stored.
    public let factorType: FactorType
    /// The cores, rounded.
    let cores: [[Float]]

    init(
        tokenCount: Int,
        dimension: Int,
        tokenSizes: [Int],
        slotSizes: [Int],
        ranks: [Int],
        factorType: FactorType,
        cores: [[Float]]
    ) {
        (self.tokenCount, self.dimension) = (tokenCount, dimension)
        (self.tokenSizes, self.slotSizes, self.ranks, self.factorType) = (tokenSizes, slotSizes, ranks, factorType)
        self.cores = cores.map(factorType.rounded)
    }

    /// The numbers of each core.
    static func coreSizes(modes: [Int], ranks: [Int]) -> [Int] {
        [modes[0] * ranks[0], ranks[0] * modes[1] * ranks[1], ranks[1] * modes[2]]
    }

    /// The three cores.
    public var parts: [StoredPart] {
        cores.enumerated().map {
            StoredPart("core.\($0 + 1)", numbers: $1.count, bytes: factorType.byteCount(of: $1.count))
        }
    }

    /// Writes the vectors of `tokens`; what the first two cores make is kept for the neighbours that share it.
    public func write(_ tokens: Range<Int>, to rows: inout MutableSpan<Float>) {
        let (q, r2) = (slotSizes, ranks[1])
        let m3 = tokenSizes[2] * q[2]
        var partial = [Float](repeating: 0, count: q[0] * q[1] * r2)
        var present: Int?
        for (line, token) in tokens.enumerated() {
            let (head, i3) = (token / tokenSizes[2], token % tokenSizes[2])
            if present != head { contract(head, into: &partial) }
            present = head
            for pair in 0..<q[0] * q[1] {
                for x3 in 0..<q[2] where pair * q[2] + x3 < dimension {
                    var sum: Float = 0
                    for b in 0..<r2 { sum += partial[pair * r2 + b] * cores[2][b * m3 + i3 * q[2] + x3] }
                    rows[line * dimension + pair * q[2] + x3] = sum
                }
            }
        }
    }

    /// partial[x₁x₂, b] = Σₐ G₁[i₁x₁, a] · G₂[a, i₂x₂, b] for the leading digits `head` = i₁·t₂ + i₂.
    private func contract(_ head: Int, into partial: inout [Float]) {
        let (q, r1, r2) = (slotSizes, ranks[0], ranks[1])
        let (i1, i2) = (head / tokenSizes[1], head % tokenSizes[1])
        for k in partial.indices { partial[k] = 0 }
        cores[1].withUnsafeBufferPointer { core in
            partial.withUnsafeMutableBufferPointer { partial in
                guard let core = core.baseAddress, let partial = partial.baseAddress else { return }
                for x1 in 0..<q[0] {
                    for a in 0..<r1 {
                        let factor = cores[0][(i1 * q[0] + x1) * r1 + a]
                        // The entries of all x₂ lie one after the other in both.
                        let source = core + (a * tokenSizes[1] + i2) * q[1] * r2
                        axpy(factor, source, partial + x1 * q[1] * r2, count: q[1] * r2)
                    }
                }
            }
        }
    }

    /// The cores as arrays `core.1` to `core.3`.
    public var stored: StoredEmbedding {
        let modes = zip(tokenSizes, slotSizes).map { $0 * $1 }
        let shapes = [[modes[0], ranks[0]], [ranks[0], modes[1], ranks[1]], [ranks[1], modes[2]]]
        return StoredEmbedding(
            form: Self.form,
            of: self,
            [
                ("ranks", .integers(ranks)), ("factorType", .text(factorType.rawValue)),
                ("tokenSizes", .integers(tokenSizes)), ("slotSizes", .integers(slotSizes)),
            ],
            cores.enumerated().map { index, core in
                .init(
                    name: "core.\(index + 1)",
                    element: .factors(factorType),
                    shape: shapes[index],
                    bytes: factorType.encode(core)
                )
            }
        )
    }

    /// The table from its stored form.
    public init(stored: StoredEmbedding) throws(EntanglementError) {
        (tokenCount, dimension) = try stored.header(form: Self.form)
        factorType = try stored.factorType()
        (ranks, tokenSizes) = (try stored.integers("ranks"), try stored.integers("tokenSizes"))
        slotSizes = try stored.integers("slotSizes")
        guard tokenSizes.count == 3, slotSizes.count == 3, ranks.count == 2,
            (tokenSizes + slotSizes + ranks).allSatisfy({ (1...1 << 24).contains($0) }),
            try checkedProduct(tokenSizes, part: "tokenSizes") >= tokenCount,
            try checkedProduct(slotSizes, part: "slotSizes") >= dimension
        else { throw .damaged(.size, "tokenSizes", "\(tokenSizes), \(slotSizes) and ranks \(ranks) do not fit") }
        let modes = zip(tokenSizes, slotSizes).map { $0 * $1 }
        var cores: [[Float]] = []
        for (index, sizes) in [[modes[0], ranks[0]], [ranks[0], modes[1], ranks[1]], [ranks[1], modes[2]]].enumerated()
        {
            let name = "core.\(index + 1)"
            cores.append(
                try stored.finiteNumbers(name, count: checkedProduct(sizes, part: name), as: factorType)
            )
        }
        self.cores = cores
    }
}

/// TT-SVD (Oseledets 2011) with three cores, truncated at equal energies.
public struct TensorTrain: TableMethod {
    /// The name on the command line.
    public static let name = "tt"

    /// The method.
    public init() {}

    /// The ranks that fill the budget, in F16 or Q8_0, whichever has the least error.
    public func fit(_ table: Matrix, budgetBytes: Int, seed: UInt64) throws(EntanglementError) -> any StorableTable {
        let slotSizes = try Self.thirds(of: table.columns)
        let tokenSizes = try Self.thirds(of: max(1, table.rows))
        let modes = zip(tokenSizes, slotSizes).map { $0 * $1 }
        let tensor = rearranged(table, tokenSizes, slotSizes)
        let first = try SingularValues.ofTable(tensor, rank: min(tensor.rows, tensor.columns), seed: seed)
        var best: (error: Double, table: TensorTrainTable)?
        for type in [FactorType.float16, .q8_0] {
            // The first rank from few to all; the second fills what is left of the budget. What a truncation loses is
            // the energy of the values that it drops, so only the best pair is built.
            var chosen: (lost: Double, r1: Int, second: SingularValues)?
            for share in [0.25, 0.5, 1] {
                let r1 = max(1, Int(Double(first.values.count) * share))
                let r2 = Self.secondRank(r1, modes: modes, budget: budgetBytes, type: type)
                guard r2 > 0 else { continue }
                let rest = first.right.rows(0..<r1).scalingRows(by: first.values)
                let folded = Matrix(rows: r1 * modes[1], columns: modes[2], elements: rest.elements)
                let second = try SingularValues.ofTable(folded, rank: r2, seed: seed)
                let kept = second.values.reduce(0.0) { $0 + Double($1) * Double($1) }
                if -kept < chosen?.lost ?? .infinity { chosen = (-kept, r1, second) }
            }
            guard let chosen else { continue }
            let candidate = TensorTrainTable(
                tokenCount: table.rows,
                dimension: table.columns,
                tokenSizes: tokenSizes,
                slotSizes: slotSizes,
                ranks: [chosen.r1, chosen.second.values.count],
                factorType: type,
                cores: [
                    first.left.leadingColumns(chosen.r1).elements, chosen.second.left.elements,
                    chosen.second.right.scalingRows(by: chosen.second.values).elements,
                ]
            )
            let error = candidate.relativeErrors(against: table).plain
            if error < best?.error ?? .infinity { best = (error, candidate) }
        }
        guard let best else {
            let least = TensorTrainTable.coreSizes(modes: modes, ranks: [1, 1]).reduce(0) {
                $0 + FactorType.q8_0.byteCount(of: $1)
            }
            throw infeasible(table, budget: budgetBytes, least: least)
        }
        return best.table
    }

    /// The greatest second rank that the budget allows beside the first; 0 for none.
    private static func secondRank(_ r1: Int, modes: [Int], budget: Int, type: FactorType) -> Int {
        func bytes(_ r2: Int) -> Int {
            TensorTrainTable.coreSizes(modes: modes, ranks: [r1, r2]).reduce(0) { $0 + type.byteCount(of: $1) }
        }
        var (low, high) = (0, min(modes[2], r1 * modes[1]))
        while low < high {
            let middle = (low + high + 1) / 2
            if bytes(middle) <= budget { low = middle } else { high = middle - 1 }
        }
        return low
    }

    private static func thirds(of size: Int) throws(EntanglementError) -> [Int] {
        let shape = try EntanglementShape(dimension: min(size, EntanglementShape.maximumDimension), order: 3)
        return shape.slotSizes
    }

    /// `[m₁, m₂·m₃]`: entry (i₁x₁, i₂x₂, i₃x₃) is entry x of token i; zero past the table's ends.
    private func rearranged(_ table: Matrix, _ t: [Int], _ q: [Int]) -> Matrix {
        let modes = zip(t, q).map { $0 * $1 }
        let columns = modes[1] * modes[2]
        var elements = [Float](repeating: 0, count: modes[0] * columns)
        for token in 0..<table.rows {
            let (i1, i2, i3) = (token / (t[1] * t[2]), token / t[2] % t[1], token % t[2])
            for x in 0..<table.columns {
                let (x1, x2, x3) = (x / (q[1] * q[2]), x / q[2] % q[1], x % q[2])
                let row = i1 * q[0] + x1
                let column = (i2 * q[1] + x2) * modes[2] + i3 * q[2] + x3
                elements[row * columns + column] = table.elements[token * table.columns + x]
            }
        }
        return Matrix(rows: modes[0], columns: columns, elements: elements)
    }
}

extension Matrix {
    fileprivate func scalingRows(by factors: [Float]) -> Matrix {
        var scaled = elements
        for row in 0..<rows {
            for column in 0..<columns { scaled[row * columns + column] *= factors[row] }
        }
        return Matrix(rows: rows, columns: columns, elements: scaled)
    }

    fileprivate func leadingColumns(_ count: Int) -> Matrix {
        var elements: [Float] = []
        elements.reserveCapacity(rows * count)
        for row in 0..<rows { elements += self.row(row).prefix(count) }
        return Matrix(rows: rows, columns: count, elements: elements)
    }
}
