import LinearAlgebra

/// The two thin matrices of a low-rank table in training: E = L·R, so that dL/dL = G·Rᵀ and dL/dR = Lᵀ·G for the gradient G
/// of the dense table.
public struct TrainableLowRank: TrainableForm {
    /// The table that training began with.
    public let table: LowRankTable

    /// The factors of `table`.
    public init(_ table: LowRankTable) {
        self.table = table
    }

    /// The number V of tokens.
    public var tokenCount: Int { table.tokenCount }
    /// The length d of a token's vector.
    public var dimension: Int { table.dimension }
    /// `left` `[V, rank]` and `right` `[rank, d]`.
    public var parts: [TrainablePart] {
        [
            TrainablePart(name: "left", shape: [table.tokenCount, table.rank]),
            TrainablePart(name: "right", shape: [table.rank, table.dimension]),
        ]
    }

    private var leftCount: Int { table.tokenCount * table.rank }

    /// Writes the numbers of both factors.
    public func fill(_ target: UnsafeMutablePointer<Float>) {
        for (index, value) in table.left.elements.enumerated() { target[index] = value }
        for (index, value) in table.right.elements.enumerated() { target[leftCount + index] = value }
    }

    /// L and R among `numbers`.
    private func views(_ numbers: UnsafePointer<Float>) -> (left: MatrixView<Float>, right: MatrixView<Float>) {
        (
            MatrixView(numbers, rows: tokenCount, columns: table.rank),
            MatrixView(numbers + leftCount, rows: table.rank, columns: dimension)
        )
    }

    /// Writes the vectors of `tokens` (all, where it is nil) to their rows of `target`.
    public func write(_ factors: MatrixView<Float>, tokens: [Int]?, to target: MutableMatrixView<Float>) {
        precondition(factors.columns == count && factors.rows == 1, "\(count) numbers")
        precondition(target.rows == tokenCount && target.columns == dimension, "a row for each token")
        let (left, right) = views(factors.base)
        guard let tokens else { return gemm(left, right, into: target) }
        for token in tokens {
            gemm(
                left.extracting(rows: token..<token + 1, columns: 0..<table.rank),
                right,
                into: target.extracting(rows: token..<token + 1, columns: 0..<dimension)
            )
        }
    }

    /// Adds G·Rᵀ and Lᵀ·G.
    public func addGradient(
        of dense: MatrixView<Float>,
        rows: [Int]?,
        _ factors: MatrixView<Float>,
        to gradient: MutableMatrixView<Float>
    ) {
        precondition(factors.columns == count && gradient.columns == count, "\(count) numbers")
        precondition(dense.rows == tokenCount && dense.columns == dimension, "a row for each token")
        let (left, right) = views(factors.base)
        let leftGradient = MutableMatrixView(gradient.base, rows: tokenCount, columns: table.rank)
        let rightGradient = MutableMatrixView(gradient.base + leftCount, rows: table.rank, columns: dimension)
        func add(_ range: Range<Int>) {
            let part = dense.extracting(rows: range, columns: 0..<dimension)
            let columns = 0..<table.rank
            gemm(part, right.transposed, into: leftGradient.extracting(rows: range, columns: columns), beta: 1)
            gemm(left.extracting(rows: range, columns: columns).transposed, part, into: rightGradient, beta: 1)
        }
        guard let rows else { return add(0..<tokenCount) }
        for row in rows { add(row..<row + 1) }
    }

    /// The table of both factors, rounded to their type.
    public func storedTable(_ factors: UnsafePointer<Float>) throws(EntanglementError) -> any StorableTable {
        let numbers = UnsafeBufferPointer(start: factors, count: count)
        guard numbers.allSatisfy(\.isFinite) else { throw .damaged(.value, "left, right", "a number is not finite") }
        return LowRankTable(
            left: Matrix(rows: tokenCount, columns: table.rank, elements: Array(numbers[..<leftCount])),
            right: Matrix(rows: table.rank, columns: dimension, elements: Array(numbers[leftCount...])),
            factorType: table.factorType
        )
    }
}
