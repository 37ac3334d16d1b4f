import LinearAlgebra

/// Codes a matrix: chooses the transform for the budget, then the step by bisection, with tables learned on the way.
struct ResidualEncoder {
    let table: any RowSource
    let scan: RowScan
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
        _ table: any RowSource,
        weights: [Float]?,
        budget: ResidualBudget,
        options: ResidualOptions
    ) throws(ResidualCodingError) {
        guard 1...CodedResidual.maximumColumns ~= table.columnCount, table.rowCount <= CodedResidual.maximumRows else {
            throw ResidualCodingError(
                .size,
                "residual",
                "a matrix of \(table.rowCount) × \(table.columnCount)",
                remedy: "rows must have 1…\(CodedResidual.maximumColumns) columns"
            )
        }
        if let weights, weights.count != table.rowCount || !weights.allSatisfy({ $0.isFinite && $0 > 0 }) {
            throw ResidualCodingError(
                .value,
                "--weights",
                "\(weights.count) weights for \(table.rowCount) rows, or one that is not positive",
                remedy: "give one positive weight a token"
            )
        }
        if case .maximumError(let error, _) = budget, !(error > 0) {
            throw ResidualCodingError(.infeasible, "--max-error", "a bound of \(error)", remedy: "give a bound above 0")
        }
        self.table = table
        scan = try RowScan(of: table)
        self.budget = budget
        self.options = options
        gains = weights.map(RowGains.gains) ?? []
        let states = options.trellisStates ?? (table.rowCount * table.columnCount > 1 << 24 ? 16 : 32)
        trellis = Trellis(memory: min(max(Int.bitWidth - 1 - max(1, states).leadingZeroBitCount, 2), 5))
        guard options.progress(ResidualProgress(step: "axes", fraction: 0, byteCount: nil, relativeError: nil)) else {
            throw Self.cancelled
        }
        transform = try RowTransform(of: table, gains: gains)
        if case .maximumError(_, let given?) = budget {
            reference = given * given
        } else {
            reference = scan.total
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
                let dense = 4 * table.rowCount * table.columnCount
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
        guard table.rowCount > 0, empty.relativeError > 0 else { return empty.coded }
        var search = try StepSearch(self, empty: empty)
        return try search.run()
    }

    /// Every row the zero row: the least there is.
    private var emptyTrial: Trial {
        let model = ResidualModel(
            step: 1,
            trellis: trellis,
            mean: [Int32](repeating: 0, count: table.columnCount),
            reflections: Reflections(
                towards: Matrix(rows: 0, columns: table.columnCount),
                plan: ReflectionPlan(count: 0, fineness: 20)
            ),
            axisClasses: [UInt8](repeating: 0, count: table.columnCount),
            tables: CodingStatistics().tables
        )
        let index = RowIndex(
            gains: [],
            magnitudes: [UInt8](repeating: UInt8(RowIndex.unitMagnitude), count: table.rowCount),
            lengths: [Int](repeating: 0, count: table.rowCount),
            lengthUnit: Self.lengthUnit
        )
        let coded = CodedResidual(model: model, index: index, bits: [])
        return Trial(
            coded: coded,
            byteCount: coded.byteCount,
            relativeError: reference > 0 ? (scan.total / reference).squareRoot() : 0
        )
    }
}

extension CodedResidual {
    /// Codes `table` within `budget`.
    ///
    /// The rows are read in blocks, some ten to twenty times, so that the table never need lie in memory; beside the
    /// result, memory is taken by a few matrices `[columns, columns]`. The result depends on the options' seed but not
    /// on the number of threads.
    ///
    /// - Parameters:
    ///   - weights: How much each row's squared error counts; nil for all alike. Rows of larger weight get finer steps,
    ///     ∝ weight^(−1/2).
    /// - Throws: kind `size` or `value` for a table or weights that cannot be coded, `reading` for rows that cannot be read, `infeasible` for a budget below
    ///   what the format holds (the error says the least), `cancelled` where the progress callback says so.
    public init(
        coding table: some RowSource,
        weights: [Float]? = nil,
        budget: ResidualBudget,
        options: ResidualOptions = ResidualOptions()
    ) throws(ResidualCodingError) {
        self = try ResidualEncoder(table, weights: weights, budget: budget, options: options).encode()
    }
}
