import LinearAlgebra

/// An embedding fitted to a table, and how near it comes.
public struct EntanglementFit: Sendable {
    /// The embedding, rounded as it will be stored.
    public let embedding: EntangledEmbedding
    /// ‖E − Ê‖ / ‖E‖ over the table (Frobenius, root).
    public let relativeError: Double
    /// The same with each token's squares weighted.
    public let weightedRelativeError: Double

    /// Fits an embedding of the form of `plan` to `table` `[tokens, dimension]`.
    ///
    /// Alternates the least-squares problem of each slot's table with choosing codes and gains anew; the weighted error
    /// over all tokens never rises from round to round. The result depends on the seed but not on the number of threads.
    ///
    /// - Parameters:
    ///   - weights: How much each token's squared error counts, for instance its frequency; nil for all alike.
    /// - Throws: kind `size` or `value` for a plan or table that cannot be fitted, `cancelled` where the progress
    ///   callback says so.
    public init(
        table: Matrix,
        weights: [Float]? = nil,
        plan: EntanglementPlan,
        codes: CodeSource = .learned,
        options: FitOptions = FitOptions()
    ) throws(EntanglementError) {
        var fitter = try Fitter(table: table, weights: weights, plan: plan, codes: codes, options: options)
        if case .learned = codes {
            try fitter.trainOnSample()
        } else if plan.rank > 0, case .given = codes {
            try fitter.trainOnSample()
        }
        try fitter.fitAllTokens()
        embedding = try fitter.embedding()
        (relativeError, weightedRelativeError) = embedding.relativeErrors(against: table, weights: weights)
    }
}

/// The state of a running fit.
private struct Fitter {
    let plan: EntanglementPlan
    let options: FitOptions
    let target: FitTarget
    let learns: Bool
    var tables: UnitTables
    var assignment: SenseAssignment
    var gains: GainRule

    init(
        table: Matrix,
        weights: [Float]?,
        plan: EntanglementPlan,
        codes: CodeSource,
        options: FitOptions
    ) throws(EntanglementError) {
        guard plan.shape.dimension == table.columns, (0...8).contains(plan.gainBits),
            (0...SenseCodes.maximumRank).contains(plan.rank)
        else {
            throw EntanglementError(
                .size,
                "plan",
                "dimension \(plan.shape.dimension), rank \(plan.rank), \(plan.gainBits) gain bits for \(table.columns) columns",
                remedy: "make the plan for this table"
            )
        }
        (self.plan, self.options) = (plan, options)
        target = try FitTarget(
            table: table,
            weights: weights,
            subtractsMean: plan.hasMean,
            meanType: EntangledEmbedding.meanType(plan.factorType)
        )
        let counts = plan.isShared ? Array(repeating: plan.unitCounts[0], count: plan.shape.order) : plan.unitCounts
        let given: SenseCodes
        switch codes {
        case .learned:
            given = try SenseCodes(ranks: Array(repeating: 0, count: table.rows), unitCounts: counts, units: [])
            learns = true
        case .random:
            given = try .random(tokenCount: table.rows, rank: plan.rank, unitCounts: counts, seed: options.seed)
            learns = false
        case .given(let codes):
            given = codes
            learns = plan.rank > 0
        }
        guard given.tokenCount == table.rows, given.unitCounts == counts else {
            throw .damaged(.size, "codes", "\(given.tokenCount) tokens over units \(given.unitCounts)")
        }
        assignment = SenseAssignment(given: given, extraRank: learns ? plan.rank : 0)
        gains = GainRule(bits: plan.gainBits)
        var seeded = plan
        if case .learned = codes, !plan.isShared, plan.rank > 0 {
            seeded.unitCounts = plan.unitCounts.map { $0 + Int((Double($0) * options.spareUnits).rounded(.up)) }
        }
        tables = try UnitSeeds(target: target, plan: seeded, seed: options.seed).tables()
    }

    /// Trains the tables on a sample of the tokens, with 1, 2, 4… senses up to the full rank.
    mutating func trainOnSample() throws(EntanglementError) {
        var random = SplitMix64(seed: options.seed, stream: 1)
        var sample = Array(0..<assignment.tokenCount)
        random.shuffle(&sample)
        sample = sample.prefix(options.trainingTokens).sorted()
        var rank = 1
        while true {
            rank = min(rank, plan.rank)
            let isLast = rank == plan.rank
            for _ in 0..<2 {
                try encode(sample, rank: rank, fromScratch: true, refinements: 0)
                refit(over: sample, rank: rank)
                try report(
                    "\(rank) of \(plan.rank) senses",
                    Double(rank) / Double(plan.rank) / 2,
                    over: sample,
                    rank: rank
                )
            }
            if isLast { break }
            rank *= 2
        }
        try pruneUnits(over: sample)
    }

    /// Takes spare units out, a few at a time, and trains the others after each time.
    private mutating func pruneUnits(over sample: [Int]) throws(EntanglementError) {
        guard tables.unitCounts != plan.unitCounts else { return }
        for _ in 0..<options.rounds / 2 {
            try encode(sample, fromScratch: true, refinements: 0)
            refit(over: sample, rank: .max)
        }
        while tables.unitCounts != plan.unitCounts {
            let pruning = UnitPruning(tables: tables, assignment: assignment, tokens: sample)
            // At least one unit a slot, at most a quarter of those too many.
            let counts = zip(tables.unitCounts, plan.unitCounts).map { $0 - ($0 - $1 + 3) / 4 }
            (tables, assignment) = try pruning.pruned(to: counts)
            try encode(sample, fromScratch: true, refinements: 0)
            refit(over: sample, rank: .max)
            try report("\(tables.unitCounts.reduce(0, +)) units", 0.5, over: sample)
        }
    }

    /// Encodes all tokens, then refits and encodes again until the error stands still; gains are rounded at the end.
    mutating func fitAllTokens() throws(EntanglementError) {
        let all = Array(0..<assignment.tokenCount)
        guard !all.isEmpty else { return }
        if learns { try encode(all, fromScratch: true, refinements: 0) }
        try alternate(over: all, rounds: max(1, options.rounds), step: "round")
        guard plan.gainBits > 0 else { return }
        normalizeUnits()
        gains.levels = LogarithmicLevels(fitting: assignment.gains, count: 1 << (plan.gainBits - 1))
        assignment.gains = assignment.gains.map(gains.rounded)
        try alternate(over: all, rounds: max(2, options.rounds / 4), step: "rounded gains, round")
    }

    /// Gives every unit the length 1 and the senses that it fills the factor: what a gain rounds to then depends on how
    /// much its sense adds, not on how long its units happen to be. A shared table's slots keep their lengths.
    private mutating func normalizeUnits() {
        guard !tables.isShared, tables.copies == 1 else { return }
        for slot in 0..<tables.shape.order {
            let (lengths, table) = tables.normalized(slot: slot)
            tables.replaceTable(ofSlot: slot, by: table)
            for sense in assignment.gains.indices {
                assignment.gains[sense] *= lengths[Int(assignment.units[sense * assignment.order + slot])]
            }
        }
    }

    /// Refits the tables and encodes again, until the error stands still; keeps the best state.
    private mutating func alternate(over tokens: [Int], rounds: Int, step: String) throws(EntanglementError) {
        var best = (error: Double.infinity, tables: tables, assignment: assignment)
        for round in 1...rounds {
            refit(over: tokens, rank: .max)
            if learns || plan.gainBits > 0 {
                let isFree = gains.levels == nil
                try encode(
                    tokens,
                    fromScratch: learns && isFree && options.beamWidth > 1,
                    refinements: learns && (isFree || options.beamWidth > 1) ? 1 : 0
                )
            }
            let error = try report("\(step) \(round)", 0.5 + 0.5 * Double(round) / Double(rounds), over: tokens)
            let fall = best.error - error
            if fall > 0 { best = (error, tables, assignment) }
            if fall < options.tolerance * error { break }
        }
        (tables, assignment) = (best.tables, best.assignment)
    }

    func embedding() throws(EntanglementError) -> EntangledEmbedding {
        var packed: SenseGains?
        if plan.gainBits > 0 {
            let levels = gains.levels ?? LogarithmicLevels(fitting: assignment.gains, count: 1 << (plan.gainBits - 1))
            packed = SenseGains(bits: plan.gainBits, levels: levels, rounding: assignment.gains)
        }
        return try EntangledEmbedding(
            tables: tables,
            codes: assignment.codes(unitCounts: tables.unitCounts),
            gains: packed,
            mean: target.mean
        )
    }

    private mutating func refit(over tokens: [Int], rank: Int) {
        tables = solver(over: tokens, rank: rank).refit(tables)
    }

    private func solver(over tokens: [Int], rank: Int) -> TableSolver {
        let part = rank >= plan.rank ? assignment : assignment.limited(toLearned: rank)
        return TableSolver(target: target, assignment: part, tokens: tokens)
    }

    private mutating func encode(
        _ tokens: [Int],
        rank: Int = .max,
        fromScratch: Bool,
        refinements: Int
    ) throws(EntanglementError) {
        let encoder = SenseEncoder(
            target: target,
            tables: tables,
            gains: gains,
            candidates: options.candidates,
            sweeps: 1,
            beamWidth: options.beamWidth
        )
        let encoded = encoder.encode(
            tokens,
            assignment,
            rank: rank,
            fromScratch: fromScratch,
            refinements: refinements
        )
        for (i, token) in tokens.enumerated() {
            assignment.replace(token, units: encoded.units[i], gains: encoded.gains[i])
        }
    }

    @discardableResult
    private func report(
        _ step: String,
        _ fraction: Double,
        over tokens: [Int],
        rank: Int = .max
    ) throws(EntanglementError) -> Double {
        let error = solver(over: tokens, rank: rank).error(tables)
        let norm = tokens.reduce(0.0) { sum, token in
            sum + Double(target.weights[token]) * target.table.withRow(token) { sumOfSquares($0) }
        }
        let relative = (error / max(norm, .leastNonzeroMagnitude)).squareRoot()
        guard options.progress(FitProgress(step: step, fraction: fraction, weightedRelativeError: relative)) else {
            throw EntanglementError(.cancelled, "fit", "cancelled in \(step)", remedy: "start it again")
        }
        return error
    }
}
