import Entanglement
import JSONText
import LinearAlgebra
import TensorFile

/// One form of factors that a sweep fits: the hyperparameters of sememe entanglement.
public struct SweepForm: Hashable, Sendable {
    /// Slots of a product.
    public var order: Int
    /// Senses of a token.
    public var rank: Int
    /// Independent versions of each table.
    public var copies: Int
    /// Units of a slot.
    public var units: Int
    /// How unit tables are stored.
    public var factorType: FactorType

    /// A form of the given sizes.
    public init(order: Int, rank: Int, copies: Int, units: Int, factorType: FactorType) {
        (self.order, self.rank, self.copies, self.units) = (order, rank, copies, units)
        self.factorType = factorType
    }

    /// Every combination, the last list fastest.
    public static func all(
        orders: [Int],
        ranks: [Int],
        copies: [Int],
        units: [Int],
        factorTypes: [FactorType]
    ) -> [SweepForm] {
        orders.flatMap { order in
            ranks.flatMap { rank in
                copies.flatMap { copies in
                    units.flatMap { units in
                        factorTypes.map {
                            SweepForm(order: order, rank: rank, copies: copies, units: units, factorType: $0)
                        }
                    }
                }
            }
        }
    }

    /// The form in words.
    public var name: String {
        "order \(order), rank \(rank), copies \(copies), units \(units), \(factorType.rawValue.lowercased())"
    }
}

/// What a form reached.
public struct SweepRow: Sendable, Equatable {
    /// The form.
    public var form: SweepForm
    /// What was fitted: source, table, rows, gains, seed. Rows of equal subject and form are the same.
    public var subject: String
    /// The bytes of everything that is needed to rebuild the table.
    public var bytes: Int
    /// Times fewer than the table in float32.
    public var byteRatioFloat32: Double
    /// ‖E − Ê‖ / ‖E‖ (Frobenius, root), all tokens alike.
    public var relativeError: Double
    /// The same with each token's squares weighted by its frequency.
    public var weightedRelativeError: Double
    /// Wall-clock seconds of the fit.
    public var seconds: Double

    /// The row as a line of JSON.
    public var json: JSONValue {
        [
            "order": .integer(form.order), "rank": .integer(form.rank), "copies": .integer(form.copies),
            "units": .integer(form.units), "factorType": .string(form.factorType.rawValue),
            "bytes": .integer(bytes), "byteRatioFloat32": .number(byteRatioFloat32),
            "relativeError": .number(relativeError), "weightedRelativeError": .number(weightedRelativeError),
            "seconds": .number(seconds), "subject": .string(subject),
        ]
    }

    /// The row that a line of JSON holds; nil for a line that is cut off or of another kind.
    public init?(line: some StringProtocol) {
        guard let json = try? JSONValue(parsing: Array(line.utf8)), let order = json["order"]?.int,
            let rank = json["rank"]?.int, let copies = json["copies"]?.int, let units = json["units"]?.int,
            let type = json["factorType"]?.string.flatMap(FactorType.init(rawValue:)),
            let bytes = json["bytes"]?.int, let ratio = json["byteRatioFloat32"]?.double,
            let error = json["relativeError"]?.double, let weighted = json["weightedRelativeError"]?.double,
            let seconds = json["seconds"]?.double, let subject = json["subject"]?.string
        else { return nil }
        form = SweepForm(order: order, rank: rank, copies: copies, units: units, factorType: type)
        (self.subject, self.bytes, byteRatioFloat32) = (subject, bytes, ratio)
        (relativeError, weightedRelativeError, self.seconds) = (error, weighted, seconds)
    }

    init(
        form: SweepForm,
        subject: String,
        bytes: Int,
        byteRatioFloat32: Double,
        relativeError: Double,
        weightedRelativeError: Double,
        seconds: Double
    ) {
        (self.form, self.subject, self.bytes) = (form, subject, bytes)
        self.byteRatioFloat32 = byteRatioFloat32
        (self.relativeError, self.weightedRelativeError, self.seconds) = (relativeError, weightedRelativeError, seconds)
    }
}

/// How error, bytes and time depend on the form of the factors: one table fitted in many forms.
public struct FormSweep: Sendable {
    /// What is fitted, in words; part of every row.
    public let subject: String
    /// The rows so far, in the order in which their forms were asked for.
    public private(set) var rows: [SweepRow] = []
    /// Forms that cannot be fitted, and why.
    public private(set) var failures: [(form: SweepForm, cause: String)] = []

    private let table: Matrix
    private let weights: [Float]
    private let fitWeights: [Float]
    private let gainBits: Int
    private let seed: UInt64
    private let known: [SweepRow]

    /// A sweep over `table` `[tokens, dimension]`.
    ///
    /// - Parameters:
    ///   - source: The table's name and its source's digest, for telling its rows from others.
    ///   - weights: How much each token counts in the weighted error.
    ///   - fitWeights: How much it counts in the fit.
    ///   - known: Rows of earlier runs, which are taken instead of being fitted again.
    public init(
        source: String,
        table: Matrix,
        weights: [Float],
        fitWeights: [Float],
        gainBits: Int = 4,
        seed: UInt64,
        known: [SweepRow]
    ) {
        subject = "\(source), \(table.rows) × \(table.columns), \(gainBits) gain bits, seed \(seed)"
        (self.table, self.weights, self.fitWeights) = (table, weights, fitWeights)
        (self.gainBits, self.seed) = (gainBits, seed)
        let subject = subject
        self.known = known.filter { $0.subject == subject }
    }

    /// Fits `form`, or takes its row from an earlier run; gives whether it was fitted now.
    ///
    /// - Throws: kind `cancelled` where `progress` says so; a form that cannot be fitted is kept among the failures.
    @discardableResult
    public mutating func run(
        _ form: SweepForm,
        progress: @escaping @Sendable (FitProgress) -> Bool = { _ in true }
    ) throws(EntanglementError) -> Bool {
        if let row = known.first(where: { $0.form == form }) {
            rows.append(row)
            return false
        }
        do {
            rows.append(try row(of: form, progress: progress))
        } catch {
            if error.kind == .cancelled { throw error }
            failures.append((form, error.cause))
        }
        return true
    }

    private func row(
        of form: SweepForm,
        progress: @escaping @Sendable (FitProgress) -> Bool
    ) throws(EntanglementError) -> SweepRow {
        let clock = ContinuousClock()
        let start = clock.now
        let plan = try EntanglementPlan(
            tokenCount: table.rows,
            dimension: table.columns,
            budgetBytes: nil,
            order: form.order,
            rank: form.rank,
            units: form.units,
            copies: form.copies,
            gainBits: gainBits,
            factorType: form.factorType
        )
        let fit = try EntanglementFit(
            table: table,
            weights: fitWeights,
            plan: plan,
            options: .suited(to: plan, tokenCount: table.rows, seed: seed, progress: progress)
        )
        let seconds = (clock.now - start) / .seconds(1)
        let errors = fit.embedding.relativeErrors(against: table, weights: weights)
        return SweepRow(
            form: form,
            subject: subject,
            bytes: fit.embedding.byteCount,
            byteRatioFloat32: fit.embedding.byteRatio(),
            relativeError: errors.plain,
            weightedRelativeError: errors.weighted,
            seconds: seconds
        )
    }

    /// The rows that no other row beats in bytes and error both, by bytes.
    public var front: [SweepRow] {
        var front: [SweepRow] = []
        for row in rows.sorted(by: { ($0.bytes, $0.relativeError) < ($1.bytes, $1.relativeError) })
        where row.relativeError < front.last?.relativeError ?? .infinity {
            front.append(row)
        }
        return front
    }

    /// The rows of earlier runs as lines of JSON, and after them those that are new.
    public func lines(keeping earlier: [SweepRow]) -> String {
        let new = rows.filter { row in !earlier.contains { $0.form == row.form && $0.subject == row.subject } }
        return (earlier + new).map { $0.json.text() + "\n" }.joined()
    }

    /// The stable JSON of `sweep --json`.
    public var json: JSONValue {
        [
            "subject": .string(subject),
            "rows": .array(rows.map(\.json)),
            "front": .array(front.map(\.json)),
            "infeasible": .array(
                failures.map { ["form": .string($0.form.name), "cause": .string($0.cause)] }
            ),
        ]
    }
}
