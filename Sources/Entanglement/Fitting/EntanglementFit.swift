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
        fitter.resume()
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
    private var state: FitState
    /// Results of steps that an earlier run did and that are passed over.
    private var done: ArraySlice<Double> = []

    private var tables: UnitTables {
        get { state.tables }
        _modify { yield &state.tables }
    }
    private var assignment: SenseAssignment {
        get { state.assignment }
        _modify { yield &state.assignment }
    }
    private var gains: GainRule { GainRule(bits: plan.gainBits, levels: state.levels) }

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
        let assignment = SenseAssignment(given: given, extraRanks: target.learnedRanks(learns ? plan : nil))
        var seeded = plan
        if case .learned = codes, !plan.isShared, plan.rank > 0 {
            seeded.unitCounts = plan.unitCounts.map { $0 + Int((Double($0) * options.spareUnits).rounded(.up)) }
        }
        let tables = try UnitSeeds(target: target, plan: seeded, seed: options.seed).tables()
        state = FitState(tables: tables, assignment: assignment)
    }

    /// Takes up an earlier run's state, if it is one of this fit.
    mutating func resume() {
        guard let bytes = options.resuming,
            let kept = FitState(bytes, like: state, levelCount: 1 << max(0, plan.gainBits - 1))
        else { return }
        state = kept
        done = kept.results[...]
    }

    /// Does `body` and keeps what it gives; or passes over it, where an earlier run has done it. Whatever changes the
    /// state happens inside of a step, and what follows depends on results of steps alone.
    @discardableResult
    private mutating func step(
        _ body: (inout Fitter) throws(EntanglementError) -> Double
    ) throws(EntanglementError) -> Double {
        if let result = done.popFirst() { return result }
        let result = try body(&self)
        state.results.append(result)
        options.keep?(state.bytes)
        return result
    }

    /// Trains the tables on a sample of the tokens, with 1, 2, 4… senses up to the full rank.
    mutating func trainOnSample() throws(EntanglementError) {
        var random = SplitMix64(seed: options.seed, stream: 1)
        var sample = Array(0..<assignment.tokenCount)
        random.shuffle(&sample)
        sample = sample.prefix(options.trainingTokens).sorted()
        let most = assignment.maximumLearnedRank
        var rank = 1
        while true {
            rank = min(rank, most)
            let isLast = rank == most
            for _ in 0..<2 {
                try step { fit throws(EntanglementError) in
                    try fit.encode(sample, rank: rank, fromScratch: true, refinements: 0)
                    fit.refit(over: sample, rank: rank)
                    return try fit.report(
                        "\(rank) of \(most) senses",
                        Double(rank) / Double(most) / 2,
                        over: sample,
                        rank: rank
                    )
                }
            }
            if isLast { break }
            rank *= 2
        }
        try pruneUnits(over: sample)
    }

    /// Takes spare units out, a few at a time, and trains the others after each time.
    private mutating func pruneUnits(over sample: [Int]) throws(EntanglementError) {
        guard try step({ fit in Double(fit.spareUnits) }) > 0 else { return }
        for _ in 0..<options.rounds / 2 {
            try step { fit throws(EntanglementError) in
                try fit.encode(sample, fromScratch: true, refinements: 0)
                fit.refit(over: sample, rank: .max)
                return 0
            }
        }
        while true {
            let left = try step { fit throws(EntanglementError) in
                let pruning = UnitPruning(tables: fit.tables, assignment: fit.assignment, tokens: sample)
                // At least one unit a slot, at most a quarter of those too many.
                let counts = zip(fit.tables.unitCounts, fit.plan.unitCounts).map { $0 - ($0 - $1 + 3) / 4 }
                (fit.tables, fit.assignment) = try pruning.pruned(to: counts)
                try fit.encode(sample, fromScratch: true, refinements: 0)
                fit.refit(over: sample, rank: .max)
                try fit.report("\(fit.tables.unitCounts.reduce(0, +)) units", 0.5, over: sample)
                return Double(fit.spareUnits)
            }
            if left <= 0 { return }
        }
    }

    /// Units beyond the plan's.
    private var spareUnits: Int {
        // A shared table's units are planned once and counted for every slot.
        plan.isShared ? 0 : zip(tables.unitCounts, plan.unitCounts).reduce(0) { $0 + $1.0 - $1.1 }
    }

    /// Encodes all tokens, then refits and encodes again until the error stands still; gains are rounded at the end.
    mutating func fitAllTokens() throws(EntanglementError) {
        let all = Array(0..<assignment.tokenCount)
        guard !all.isEmpty else { return }
        if learns {
            try step { fit throws(EntanglementError) in
                try fit.encode(all, fromScratch: true, refinements: 0)
                return 0
            }
        }
        try alternate(over: all, rounds: max(1, options.rounds), step: "round")
        guard plan.gainBits > 0 else { return }
        try step { fit in
            fit.normalizeUnits()
            fit.state.levels = LogarithmicLevels(fitting: fit.assignment.gains, count: 1 << (fit.plan.gainBits - 1))
            let rule = fit.gains
            fit.assignment.gains = fit.assignment.gains.map(rule.rounded)
            return 0
        }
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
        var least = Double.infinity
        let learns = learns
        for round in 1...rounds {
            let before = least
            let error = try self.step { fit throws(EntanglementError) in
                fit.refit(over: tokens, rank: .max)
                if learns || fit.plan.gainBits > 0 {
                    let isFree = fit.gains.levels == nil
                    let isBeam = fit.options.beamWidth > 1
                    try fit.encode(
                        tokens,
                        fromScratch: learns && isFree && isBeam,
                        refinements: learns && (isFree || isBeam) ? 1 : 0
                    )
                }
                let error = try fit.report(
                    "\(step) \(round)",
                    0.5 + 0.5 * Double(round) / Double(rounds),
                    over: tokens
                )
                if error < before { (fit.state.bestTables, fit.state.bestAssignment) = (fit.tables, fit.assignment) }
                return error
            }
            let fall = least - error
            least = min(least, error)
            if fall < options.tolerance * error { break }
        }
        try self.step { fit in
            (fit.tables, fit.assignment) = (fit.state.bestTables, fit.state.bestAssignment)
            return 0
        }
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
        let part = rank >= plan.maximumRank ? assignment : assignment.limited(toLearned: rank)
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
