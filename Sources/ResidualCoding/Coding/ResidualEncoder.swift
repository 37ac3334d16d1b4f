import LinearAlgebra

/// Codes a matrix: chooses the transform for the budget, then the step by bisection, with tables learned on the way.
struct ResidualEncoder {
    let matrix: Matrix
    let gains: [Int8]
    let budget: ResidualBudget
    let options: ResidualOptions
    let trellis: Trellis
    let transform: RowTransform
    /// Σ M², against which errors are relative.
    let reference: Double

    /// Squared steps that a bit is worth; the error at a given size is flat around it.
    static let bitCost: Float = 0.3
    /// Bits of the index and the ends of a row, to begin with.
    static let rowOverhead = 9.0
    static let lengthUnit = 2

    init(
        _ matrix: Matrix,
        weights: [Float]?,
        budget: ResidualBudget,
        options: ResidualOptions
    ) throws(ResidualCodingError) {
        guard 1...CodedResidual.maximumColumns ~= matrix.columns, matrix.rows <= CodedResidual.maximumRows else {
            throw ResidualCodingError(
                .size,
                "residual",
                "a matrix of \(matrix.rows) × \(matrix.columns)",
                remedy: "rows must have 1…\(CodedResidual.maximumColumns) columns"
            )
        }
        if let index = matrix.elements.firstIndex(where: { !$0.isFinite || $0.magnitude > 1e15 }) {
            throw ResidualCodingError(
                .value,
                "residual",
                "row \(index / matrix.columns) holds a NaN, an infinity or a number beyond 1e15",
                remedy: "repair the table"
            )
        }
        if let weights, weights.count != matrix.rows || !weights.allSatisfy({ $0.isFinite && $0 > 0 }) {
            throw ResidualCodingError(
                .value,
                "--weights",
                "\(weights.count) weights for \(matrix.rows) rows, or one that is not positive",
                remedy: "give one positive weight a token"
            )
        }
        if case .maximumError(let error, _) = budget, !(error > 0) {
            throw ResidualCodingError(.infeasible, "--max-error", "a bound of \(error)", remedy: "give a bound above 0")
        }
        self.matrix = matrix
        self.budget = budget
        self.options = options
        gains = weights.map(RowGains.gains) ?? []
        let states = options.trellisStates ?? (matrix.elements.count > 1 << 24 ? 16 : 32)
        trellis = Trellis(memory: min(max(Int.bitWidth - 1 - max(1, states).leadingZeroBitCount, 2), 5))
        guard options.progress(ResidualProgress(step: "axes", fraction: 0, byteCount: nil, relativeError: nil)) else {
            throw Self.cancelled
        }
        transform = try RowTransform(of: matrix, gains: gains)
        if case .maximumError(_, let given?) = budget {
            reference = given * given
        } else {
            reference = sumOfSquares(matrix.elements.span)
        }
    }

    static let cancelled = ResidualCodingError(.cancelled, "residual", "cancelled", remedy: "start it again")

    /// A coded state on the way.
    struct Trial {
        var coded: CodedResidual
        /// The bytes that all rows take, estimated where `coded` has only some.
        var byteCount: Int
        var relativeError: Double
    }

    func encode() throws(ResidualCodingError) -> CodedResidual {
        let empty = emptyTrial
        switch budget {
        case .bytes(let bytes):
            guard empty.coded.byteCount <= bytes else {
                let dense = 4 * matrix.rows * matrix.columns
                let most = Double(dense) / Double(max(1, empty.coded.byteCount))
                throw ResidualCodingError(
                    .infeasible,
                    "--ratio",
                    "\(bytes) bytes; the least possible is \(empty.coded.byteCount)",
                    remedy: "ask for a ratio of at most \(Int(most)) to F32"
                )
            }
        case .maximumError(let error, _):
            if empty.relativeError <= error { return empty.coded }
        }
        guard matrix.rows > 0, empty.relativeError > 0 else { return empty.coded }
        var search = try StepSearch(self, empty: empty)
        return try search.run()
    }

    /// Every row the zero row: the least there is.
    private var emptyTrial: Trial {
        let model = ResidualModel(
            step: 1,
            trellis: trellis,
            mean: [Int32](repeating: 0, count: matrix.columns),
            reflections: Reflections(
                towards: Matrix(rows: 0, columns: matrix.columns),
                plan: ReflectionPlan(count: 0, fineness: 20)
            ),
            axisClasses: [UInt8](repeating: 0, count: matrix.columns),
            tables: CodingStatistics().tables
        )
        let index = RowIndex(
            gains: [],
            magnitudes: [UInt8](repeating: UInt8(RowIndex.unitMagnitude), count: matrix.rows),
            lengths: [Int](repeating: 0, count: matrix.rows),
            lengthUnit: Self.lengthUnit
        )
        let square = sumOfSquares(matrix.elements.span)
        let coded = CodedResidual(model: model, index: index, bits: [])
        return Trial(
            coded: coded,
            byteCount: coded.byteCount,
            relativeError: reference > 0 ? (square / reference).squareRoot() : 0
        )
    }
}

extension CodedResidual {
    /// Codes `matrix` within `budget`.
    ///
    /// The result depends on the options' seed but not on the number of threads. Memory beyond the matrix and the result
    /// is a few matrices `[columns, columns]`.
    ///
    /// - Parameters:
    ///   - weights: How much each row's squared error counts; nil for all alike. Rows of larger weight get finer steps,
    ///     ∝ weight^(−1/2).
    /// - Throws: kind `size` or `value` for a matrix or weights that cannot be coded, `infeasible` for a budget below
    ///   what the format holds (the error says the least), `cancelled` where the progress callback says so.
    public init(
        coding matrix: Matrix,
        weights: [Float]? = nil,
        budget: ResidualBudget,
        options: ResidualOptions = ResidualOptions()
    ) throws(ResidualCodingError) {
        self = try ResidualEncoder(matrix, weights: weights, budget: budget, options: options).encode()
    }
}
