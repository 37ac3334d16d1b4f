import Entanglement
import LinearAlgebra
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
    /// Slots, senses and units; nil where the budget decides.
    public var order: Int?
    /// Senses of a token; nil where the budget decides.
    public var rank: Int?
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
    public var weights: FrequencySource
    /// Whether what the factors leave is coded too.
    public var residual: Residual
    /// The relative error that the residual layer may leave, in place of a ratio.
    public var maximumError: Double?
    /// The seed of every random choice.
    public var seed: UInt64

    /// A factorization of the given form.
    public init(
        method: (any TableMethod)? = nil,
        ratio: Double? = nil,
        order: Int? = nil,
        rank: Int? = nil,
        units: Int? = nil,
        copies: Int = 1,
        gainBits: Int? = nil,
        factorType: FactorType? = nil,
        codes: Codes = .learned,
        lexicons: [String] = [],
        weights: FrequencySource = .tokenizer,
        residual: Residual = .auto,
        maximumError: Double? = nil,
        seed: UInt64 = 1
    ) {
        self.method = method
        self.ratio = ratio
        self.order = order
        self.rank = rank
        self.units = units
        self.copies = copies
        self.gainBits = gainBits
        self.factorType = factorType
        self.codes = codes
        self.lexicons = lexicons
        self.weights = weights
        self.residual = residual
        self.maximumError = maximumError
        self.seed = seed
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
        /// What a user should hear of the codes' making.
        public var notes: [String] = []
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
            let known = try frequencies[rows] ?? workspace.frequencies(weights, rowCount: rows)
            frequencies[rows] = known
            return try factorize(table, of: checkpoint, in: workspace, known) { progress(table.name, $0) }
        }
        try workspace.write(FactoredDescription(entries: results.map(\.entry)))
        return results
    }

    private func factorize(
        _ found: FoundTable,
        of checkpoint: Checkpoint,
        in workspace: Workspace,
        _ frequencies: TokenFrequencies,
        progress: (FitProgress) -> Void
    ) throws -> Result {
        let table = try TensorTable(found.tensor, in: checkpoint.source).finiteMatrix(file: checkpoint.path)
        if let method { return try factorize(found, table, by: method, frequencies, file: checkpoint.path) }
        let layer = ResidualLayer(self, found, table, frequencies, file: checkpoint.path)
        if codesWholeTable { return try layer.result(over: nil, form: nil, progress: progress) }
        do {
            let budget = residual == .auto ? nil : ratio.map { Int(Double(found.tensor.byteCount) / $0) }
            let planned = try plannedCodes(
                rowCount: table.rows,
                dimension: table.columns,
                budget: budget,
                workspace: workspace,
                frequencies: frequencies
            )
            let plan = planned.plan
            let fit = try withoutActuallyEscaping(progress) { progress in
                nonisolated(unsafe) let report = progress
                return try EntanglementFit(
                    table: table,
                    weights: frequencies.weights(),
                    plan: plan,
                    codes: planned.source,
                    options: .suited(to: plan, tokenCount: table.rows, seed: seed) {
                        report($0)
                        return true
                    }
                )
            }
            let form =
                "order \(plan.shape.order) (\(plan.shape.slotSizes.map(String.init).joined(separator: "×"))), "
                + "\(plan.unitCounts.map(String.init).joined(separator: "+")) units, rank \(plan.rank)"
                + (plan.copies > 1 ? ", \(plan.copies) copies" : "")
            if residual == .auto {
                var result = try layer.result(over: fit.embedding, form: form, progress: progress)
                result.notes = planned.notes
                return result
            }
            return Result(
                entry: FactoredEntry(tensor: found.tensor, ties: found.ties, factors: fit.embedding.stored),
                form: form,
                relativeError: fit.relativeError,
                weightedRelativeError: fit.embedding.relativeErrors(
                    against: table,
                    weights: frequencies.weights(exponent: 1)
                ).weighted,
                frequencyOrigin: frequencies.origin,
                notes: planned.notes
            )
        } catch let error as EntanglementError {
            throw error.inFile(checkpoint.path, place: found.name)
        }
    }
}

extension Factorization {
    /// The table by a rival method, at its best setting for the ratio.
    private func factorize(
        _ found: FoundTable,
        _ table: Matrix,
        by method: any TableMethod,
        _ frequencies: TokenFrequencies,
        file: String
    ) throws -> Result {
        let made: any StorableTable
        do {
            let budget = Int(Double(found.tensor.byteCount) / (ratio ?? 1))
            made = try method.fit(table, budgetBytes: budget, seed: seed)
        } catch {
            throw error.inFile(file, place: found.name)
        }
        let errors = made.relativeErrors(against: table, weights: frequencies.weights(exponent: 1))
        return Result(
            entry: FactoredEntry(tensor: found.tensor, ties: found.ties, factors: made.stored),
            form: type(of: method).name,
            relativeError: errors.plain,
            weightedRelativeError: errors.weighted,
            frequencyOrigin: frequencies.origin
        )
    }
}

extension FactoredEntry {
    /// Bytes of the dense table in its own type for each byte stored.
    public var byteRatio: Double { Double(tensor.byteCount) / Double(max(1, byteCount)) }
    /// The same against the table in float32.
    public var byteRatioFloat32: Double { Double(4 * tensor.elementCount) / Double(max(1, byteCount)) }
}
