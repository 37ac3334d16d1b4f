import Entanglement
import LinearAlgebra
import ResidualCoding
import TensorFile

/// Replaces a workspace's tables with entangled factors.
public struct Factorization: Sendable {
    /// Where a token's units come from.
    public enum Codes: String, CaseIterable, Sendable {
        /// Each token picks its senses by what they explain of its vector.
        case learned
        /// A hash of the token: the control.
        case random
        /// One sense of each token from its morphemes or lexicon, the others learned.
        case hybrid
        /// The token's senses in a lexicon, its morphemes, mark and capitals.
        case lexicon
        /// The token's morphemes, mark and capitals.
        case morpheme
        /// The lexicon's codes dealt to other tokens: the control for knowledge.
        case shuffled
    }

    /// A rival method in place of sememe entanglement; nil for none. It takes a ratio, and no form.
    public var method: (any TableMethod)?
    /// How many times fewer bytes a table shall take; nil where the form is given.
    public var ratio: Double?
    /// Whether each table's ratio is chosen instead: at the knee of its error curve under the weights.
    public var choosesRatio: Bool
    /// Slots, senses and units; nil where the budget decides.
    public var order: Int?
    /// Senses of a token; nil where the budget decides.
    public var rank: Int?
    /// How learned senses are shared out; nil for `dealt` where the budget decides their number, else `even`.
    public var ranks: RankRule?
    /// Units of a slot; nil where the budget decides.
    public var units: Int?
    /// Independent versions of each table.
    public var copies: Int
    /// Bits of a gain; nil for the usual number.
    public var gainBits: Int?
    /// How unit tables are stored; nil for half precision.
    public var factorType: FactorType?
    /// Where codes come from.
    public var codes: Codes
    /// Paths of lexicons; empty for WordNet where it is installed.
    public var lexicons: [String]
    /// What tells how much a token's error counts.
    public var weights: TokenWeighting
    /// Whether what the factors leave is coded too.
    public var residual: Residual
    /// The relative error that the residual layer may leave, in place of a ratio.
    public var maximumError: Double?
    /// What becomes of rows with a NaN or an infinity.
    public var badRows: BadRowPolicy
    /// The seed of every random choice.
    public var seed: UInt64

    /// A factorization of the given form.
    public init(
        method: (any TableMethod)? = nil,
        ratio: Double? = nil,
        choosesRatio: Bool = false,
        order: Int? = nil,
        rank: Int? = nil,
        ranks: RankRule? = nil,
        units: Int? = nil,
        copies: Int = 1,
        gainBits: Int? = nil,
        factorType: FactorType? = nil,
        codes: Codes = .learned,
        lexicons: [String] = [],
        weights: TokenWeighting = .tokenizer,
        residual: Residual = .auto,
        maximumError: Double? = nil,
        badRows: BadRowPolicy = .fail,
        seed: UInt64 = 1
    ) {
        self.method = method
        self.ratio = ratio
        self.choosesRatio = choosesRatio
        self.order = order
        self.rank = rank
        self.ranks = ranks
        self.units = units
        self.copies = copies
        self.gainBits = gainBits
        self.factorType = factorType
        self.codes = codes
        self.lexicons = lexicons
        self.weights = weights
        self.residual = residual
        self.maximumError = maximumError
        self.badRows = badRows
        self.seed = seed
    }

    /// How learned senses are shared out among tokens.
    public enum RankRule: String, CaseIterable, Sendable {
        /// Every token gets as many.
        case even
        /// Each token gets as many as take most of the weighted error off.
        case dealt
    }

    /// Whether learned senses within `budget` bytes are dealt.
    func dealsSenses(within budget: Int?) -> Bool {
        (ranks ?? (rank == nil && budget != nil ? .dealt : .even)) == .dealt
    }

    /// What became of one table.
    public struct Result: Sendable {
        /// The table in factored form, as written.
        public var entry: FactoredEntry
        /// The form in words: order, units, senses.
        public var form: String
        /// ‖E − Ê‖ / ‖E‖ (Frobenius, root).
        public var relativeError: Double
        /// The same with each token's squares weighted by its frequency.
        public var weightedRelativeError: Double
        /// Where the frequencies come from, in words.
        public var frequencyOrigin: String
        /// Tokens that have the row of another one now, and had not before.
        public var mergedTokens: Int
        /// What a user should hear of the codes' making.
        public var notes: [String] = []
        /// How the ratio was chosen, where that was left to the table.
        public var ratioChoice: RatioChoice?

        /// The tokens whose rows held a NaN or an infinity, ascending.
        public var badRows: [Int] { entry.exceptions?.tokens ?? [] }
    }

    /// Factorizes every chosen table and writes the factors into the workspace; `progress` hears of each table's fit.
    public func run(
        on workspace: Workspace,
        progress: (_ table: String, _ progress: FitProgress) -> Void
    ) throws -> [Result] {
        let checkpoint = try workspace.openSource()
        // Tables of one vocabulary share its frequencies: tokenizer and text are read once.
        var frequencies: [Int: TokenFrequencies] = [:]
        let results = try workspace.manifest.tables.filter(\.isChosen).map { table in
            let rows = table.tensor.shape.first ?? 0
            let known = try frequencies[rows] ?? workspace.frequencies(weights.frequencies, rowCount: rows)
            frequencies[rows] = known
            return try factorize(table, of: checkpoint, in: workspace, known) { progress(table.name, $0) }
        }
        try workspace.write(FactoredDescription(entries: results.map(\.entry)))
        for table in workspace.manifest.tables { FitKeeper.remove(for: table, in: workspace) }
        return results
    }

    private func factorize(
        _ found: FoundTable,
        of checkpoint: Checkpoint,
        in workspace: Workspace,
        _ frequencies: TokenFrequencies,
        progress: (FitProgress) -> Void
    ) throws -> Result {
        let tensor = try TensorTable(found.tensor, in: checkpoint.source)
        let table = try FiniteTable(tensor)
        let exceptions = try exceptions(table, tensor, found, file: checkpoint.path, workspace)
        let (bytes, choice) = try budget(of: found, table, beside: exceptions, frequencies, file: checkpoint.path)
        let job = TableJob(
            found: found,
            table: table,
            budget: bytes,
            frequencies: frequencies,
            weights: frequencies.weights(exponent: weights.power),
            file: checkpoint.path
        )
        var result: Result
        if let method {
            result = try factorize(job, by: method)
        } else if codesWholeTable {
            result = try ResidualLayer(self, job).result(over: nil, form: nil, progress: progress)
        } else {
            result = try fit(job, in: workspace, progress: progress)
        }
        result.entry.exceptions = exceptions
        result.ratioChoice = choice
        if let choice { result.notes.append("\(found.name): \(choice.sentence(weights: frequencies.origin))") }
        if let exceptions {
            let fate = exceptions.rows == nil ? "stored as zero rows" : "kept as they are"
            result.notes.append("\(found.name): \(exceptions.tokens.count) rows with a NaN or infinity \(fate)")
        }
        return result
    }

    /// Entangled factors, alone or under a residual.
    private func fit(_ job: TableJob, in workspace: Workspace, progress: (FitProgress) -> Void) throws -> Result {
        let found = job.found
        do {
            let planned = try plannedCodes(
                rowCount: job.table.rowCount,
                dimension: job.table.columnCount,
                budget: residual == .auto ? nil : job.budget,
                workspace: workspace,
                frequencies: job.frequencies
            )
            let plan = planned.plan
            var options = FitOptions.suited(to: plan, tokenCount: job.table.rowCount, seed: seed)
            let keeper = FitKeeper(
                workspace,
                table: found,
                plan: plan,
                codes: planned.source,
                weights: job.weights,
                options: options,
                badRows: job.table.badRows
            )
            options.resuming = keeper.state()
            options.keep = keeper.keep
            let fit = try withoutActuallyEscaping(progress) { progress in
                nonisolated(unsafe) let report = progress
                // A copy: what is reported must not be held longer than this closure.
                var options = options
                options.progress = {
                    report($0)
                    return true
                }
                return try EntanglementFit(
                    table: job.table.matrix(),
                    weights: job.weights,
                    plan: plan,
                    codes: planned.source,
                    options: options
                )
            }
            let form =
                "order \(plan.shape.order) (\(plan.shape.slotSizes.map(String.init).joined(separator: "×"))), "
                + "\(plan.unitCounts.map(String.init).joined(separator: "+")) units, "
                + (plan.dealtSenses == nil ? "rank \(plan.rank)" : "ranks up to \(fit.embedding.codes.maximumRank)")
                + (plan.copies > 1 ? ", \(plan.copies) copies" : "")
            var result =
                residual == .auto
                ? try ResidualLayer(self, job).result(over: fit.embedding, form: form, progress: progress)
                : try job.result(
                    FactoredEntry(tensor: found.tensor, ties: found.ties, factors: fit.embedding.stored),
                    form: form,
                    layers: fit.embedding
                )
            result.notes += planned.notes
            if options.resuming != nil { result.notes.append("\(found.name): went on from an interrupted fit") }
            if keeper.hasFailed { result.notes.append("\(found.name): the fit's state could not be kept on the disk") }
            return result
        } catch let error as EntanglementError {
            throw error.inFile(job.file, place: found.name)
        }
    }

    /// The table by a rival method, at its best setting for the ratio.
    private func factorize(_ job: TableJob, by method: any TableMethod) throws -> Result {
        let table = try job.table.matrix()
        let made: any StorableTable
        do {
            made = try method.fit(table, budgetBytes: job.budget ?? job.found.tensor.byteCount, seed: seed)
        } catch {
            throw error.inFile(job.file, place: job.found.name)
        }
        return try job.result(
            FactoredEntry(tensor: job.found.tensor, ties: job.found.ties, factors: made.stored),
            form: type(of: method).name,
            layers: made
        )
    }
}

/// One table on its way through a factorization.
struct TableJob {
    let found: FoundTable
    let table: FiniteTable
    /// The bytes that the layers may take; nil where the form or an error decides.
    let budget: Int?
    let frequencies: TokenFrequencies
    /// How much each token's squared error counts, 1 on average.
    let weights: [Float]
    /// The checkpoint, for errors.
    let file: String

    /// The result whose `layers` are stored in `entry`.
    func result(
        _ entry: FactoredEntry,
        form: String,
        layers: any FactoredTable
    ) throws -> Factorization.Result {
        let errors = try layers.relativeErrors(against: table, weights: frequencies.weights(exponent: 1))
        var result = Factorization.Result(
            entry: entry,
            form: form,
            relativeError: errors.plain,
            weightedRelativeError: errors.weighted,
            frequencyOrigin: frequencies.origin,
            mergedTokens: try layers.mergedTokenCount(against: table)
        )
        // One in fifty: some unused tokens always fall together.
        if result.mergedTokens * 50 > layers.tokenCount {
            let remedy = Set(weights).count <= 1 ? "" : "; a lower --weight-power merges fewer"
            result.notes.append(
                "\(found.name): \(result.mergedTokens) of \(layers.tokenCount) tokens have the row of another one, which no "
                    + "training can tell apart again\(remedy)"
            )
        }
        return result
    }
}

extension Factorization {
    /// What stands beside the layers for the table's bad rows; nil where it has none.
    private func exceptions(
        _ table: FiniteTable,
        _ tensor: TensorTable,
        _ found: FoundTable,
        file: String,
        _ workspace: Workspace
    ) throws -> StoredExceptions? {
        guard !table.badRows.isEmpty else { return nil }
        switch badRows {
        case .fail:
            // The pieces are for the reader of the error alone: a tokenizer that cannot be read changes nothing.
            let vocabulary = (try? workspace.openTokenizer())?.vocabulary
            throw table.refusal(
                tensor: found.tensor.name,
                file: file,
                vocabulary: vocabulary,
                remedy:
                    "say --bad-rows skip to keep such rows as they are, --bad-rows zero for zero rows, or repair the checkpoint"
            )
        case .zero: return StoredExceptions(tokens: table.badRows, rows: nil)
        case .skip:
            let rows = try table.badRows.flatMap { try tensor.bytes(ofRows: $0..<$0 + 1) }
            return StoredExceptions(tokens: table.badRows, rows: rows)
        }
    }

    /// The bytes that are left for the layers, and how the ratio was chosen where that was left to the table.
    private func budget(
        of found: FoundTable,
        _ table: FiniteTable,
        beside exceptions: StoredExceptions?,
        _ frequencies: TokenFrequencies,
        file: String
    ) throws -> (bytes: Int?, choice: RatioChoice?) {
        var choice: RatioChoice?
        if choosesRatio {
            do {
                let curve = try RateCurve(of: table, weights: frequencies.weights(exponent: weights.power))
                choice = RatioChoice(curve, for: found.tensor)
            } catch {
                throw error.inFile(file, place: found.name)
            }
        }
        guard let times = choice?.ratio ?? ratio else { return (nil, nil) }
        return (max(0, Int(Double(found.tensor.byteCount) / times) - (exceptions?.byteCount ?? 0)), choice)
    }
}

extension FactoredEntry {
    /// Bytes of the dense table in its own type for each byte stored.
    public var byteRatio: Double { Double(tensor.byteCount) / Double(max(1, byteCount)) }
    /// The same against the table in float32.
    public var byteRatioFloat32: Double { Double(4 * tensor.elementCount) / Double(max(1, byteCount)) }
}
