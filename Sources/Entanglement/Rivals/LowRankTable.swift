import LinearAlgebra

/// A table as the product of two thin matrices, E ≈ L·R with L `[tokens, rank]` and R `[rank, dimension]`.
public struct LowRankTable: StorableTable {
    /// The name of the form.
    public static let form = "lowrank"
    /// The number of tokens.
    public let tokenCount: Int
    /// The length of a vector.
    public let dimension: Int
    /// The common side of both factors.
    public let rank: Int
    /// How both are stored.
    public let factorType: FactorType
    /// L, rounded to the factor type.
    let left: Matrix
    /// R, rounded to the factor type.
    let right: Matrix

    /// The product of `left` and `right`, rounded to `factorType`.
    init(left: Matrix, right: Matrix, factorType: FactorType) {
        precondition(left.columns == right.rows, "the factors share the rank")
        (tokenCount, dimension, rank) = (left.rows, right.columns, left.columns)
        self.factorType = factorType
        self.left = Matrix(rows: left.rows, columns: left.columns, elements: factorType.rounded(left.elements))
        self.right = Matrix(rows: right.rows, columns: right.columns, elements: factorType.rounded(right.elements))
    }

    /// Both factors.
    public var parts: [StoredPart] {
        [
            StoredPart("left", numbers: tokenCount * rank, bytes: factorType.byteCount(of: tokenCount * rank)),
            StoredPart("right", numbers: rank * dimension, bytes: factorType.byteCount(of: rank * dimension)),
        ]
    }

    /// Writes the vectors of `tokens`.
    public func write(_ tokens: Range<Int>, to rows: inout MutableSpan<Float>) {
        var vector = [Float](repeating: 0, count: dimension)
        for (i, token) in tokens.enumerated() {
            for x in vector.indices { vector[x] = 0 }
            var sum = vector.mutableSpan
            for k in 0..<rank {
                let factor = left.elements[token * rank + k]
                right.withRow(k) { axpy(factor, $0, &sum) }
            }
            for x in 0..<dimension { rows[i * dimension + x] = sum[x] }
        }
    }

    /// The factors as arrays `left` and `right`.
    public var stored: StoredEmbedding {
        StoredEmbedding(
            form: Self.form,
            of: self,
            [("rank", .integer(rank)), ("factorType", .text(factorType.rawValue))],
            [
                .init(
                    name: "left",
                    element: .factors(factorType),
                    shape: [tokenCount, rank],
                    bytes: factorType.encode(left.elements)
                ),
                .init(
                    name: "right",
                    element: .factors(factorType),
                    shape: [rank, dimension],
                    bytes: factorType.encode(right.elements)
                ),
            ]
        )
    }

    /// The table from its stored form.
    public init(stored: StoredEmbedding) throws(EntanglementError) {
        (tokenCount, dimension) = try stored.header(form: Self.form)
        rank = try stored.integer("rank", in: 0...EntanglementShape.maximumDimension)
        factorType = try stored.factorType()
        left = Matrix(
            rows: tokenCount,
            columns: rank,
            elements: try stored.finiteNumbers(
                "left",
                count: checkedProduct([tokenCount, rank], part: "left"),
                as: factorType
            )
        )
        right = Matrix(
            rows: rank,
            columns: dimension,
            elements: try stored.finiteNumbers(
                "right",
                count: checkedProduct([rank, dimension], part: "right"),
                as: factorType
            )
        )
    }
}

/// Truncated singular value decomposition: the best low-rank table, its factors in the type that serves it best.
public struct TruncatedSVD: TableMethod {
    /// The name on the command line.
    public static let name = "svd"

    /// The method.
    public init() {}

    /// The rank that fills the budget, in F32, F16 or Q8_0, whichever has the least error.
    public func fit(_ table: Matrix, budgetBytes: Int, seed: UInt64) throws(EntanglementError) -> any StorableTable {
        let types: [FactorType] = [.float32, .float16, .q8_0]
        func rank(_ type: FactorType) -> Int {
            var rank = min(
                table.rows,
                table.columns,
                budgetBytes * type.blockLength / max(1, (table.rows + table.columns) * type.blockBytes) + 1
            )
            func bytes(_ rank: Int) -> Int {
                type.byteCount(of: table.rows * rank) + type.byteCount(of: rank * table.columns)
            }
            while rank > 0, bytes(rank) > budgetBytes { rank -= 1 }
            return rank
        }
        let ranks = types.map(rank)
        guard let most = ranks.max(), most > 0 else {
            let least = FactorType.q8_0.byteCount(of: table.rows) + FactorType.q8_0.byteCount(of: table.columns)
            throw infeasible(table, budget: budgetBytes, least: least)
        }
        let svd = try SingularValues.ofTable(table, rank: most, seed: seed)
        var best: (error: Double, table: LowRankTable)?
        for (type, rank) in zip(types, ranks) where rank > 0 {
            let candidate = LowRankTable(
                left: svd.scaledLeft(rank),
                right: svd.right.rows(0..<rank),
                factorType: type
            )
            let error = candidate.relativeErrors(against: table).plain
            if error < best?.error ?? .infinity { best = (error, candidate) }
        }
        guard let best else { throw infeasible(table, budget: budgetBytes, least: budgetBytes) }
        return best.table
    }
}

extension SingularValues {
    /// The decomposition of a matrix, failures as this module's error.
    static func ofTable(_ matrix: Matrix, rank: Int, seed: UInt64) throws(EntanglementError) -> SingularValues {
        do {
            return try SingularValues(matrix, rank: rank, seed: seed)
        } catch {
            throw EntanglementError(
                .value,
                "table",
                "its singular values were not found (\(error))",
                remedy: "check the table for numbers that are not finite"
            )
        }
    }

    /// The first `rank` columns of U·Σ.
    func scaledLeft(_ rank: Int) -> Matrix {
        // A plain array: a matrix checks its elements at each change.
        var elements = [Float](repeating: 0, count: left.rows * rank)
        for row in 0..<left.rows {
            for k in 0..<rank {
                elements[row * rank + k] = left.elements[row * left.columns + k] * values[k]
            }
        }
        return Matrix(rows: left.rows, columns: rank, elements: elements)
    }
}
