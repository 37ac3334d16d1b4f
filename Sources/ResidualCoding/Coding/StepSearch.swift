import LinearAlgebra

/// The search for the step that meets the budget, tables being learned on the way.
struct StepSearch {
    private let encoder: ResidualEncoder
    private let empty: ResidualEncoder.Trial
    private let reflections: Reflections
    /// All axes, one a row, and the variances along them.
    private let axes: Matrix
    private let variances: [Double]
    /// The water level that the transform was chosen for: the mean squared error of coefficients of large variance.
    private let level: Double
    /// The smallest step whose integers stay within their range.
    private let leastLogarithm: Double
    private var tables = SymbolTables.initial
    private var magnitudes: [UInt8] = []
    private var magnitudeBits = [Float](repeating: 0, count: RowIndex.magnitudeCount)
    private var best: ResidualEncoder.Trial?

    /// At most this many passes over all rows, and as many more where none has met the budget.
    private static let usualPasses = 10
    /// Of these, so many learn.
    private static let learningPasses = 3

    init(_ encoder: ResidualEncoder, empty: ResidualEncoder.Trial) throws(ResidualCodingError) {
        self.encoder = encoder
        self.empty = empty
        let transform = encoder.transform
        level = Self.level(for: encoder)
        let plan = ReflectionPlan(
            variances: transform.variances,
            rowCount: encoder.table.rowCount,
            level: level
        )
        reflections = Reflections(towards: transform.axes, plan: plan)
        axes = reflections.basis(of: Array(0..<encoder.table.columnCount))
        variances = transform.variances(along: axes)

        let largestMean = transform.mean.reduce(0) { max($0, $1.magnitude) }
        let largestRow = encoder.scan.squares.enumerated().reduce(0.0) { largest, row in
            let gain = encoder.gains.isEmpty ? 0 : Double(encoder.gains[row.offset])
            return max(largest, (row.element * binaryPower(gain)).squareRoot())
        }
        let least = max(
            largestMean * Double(ResidualModel.meanPartsPerStep) / Double(1 << 19),
            (largestRow + largestMean * Double(encoder.table.columnCount).squareRoot()) / Double(1 << 18),
            1e-30
        )
        leastLogarithm = binaryLogarithm(least)
    }

    /// The water level at which the rate should meet the budget, or the error its bound.
    private static func level(for encoder: ResidualEncoder) -> Double {
        let variances = encoder.transform.variances
        let rows = Double(encoder.table.rowCount)
        let total = max(variances.reduce(0, +), 1e-30)
        let inverseGain =
            encoder.gains.isEmpty
            ? 1 : encoder.gains.reduce(0.0) { $0 + binaryPower(-Double($1)) } / rows
        func isTooCoarse(_ level: Double) -> Bool {
            switch encoder.budget {
            case .bytes(let bytes):
                let plan = ReflectionPlan(
                    variances: variances,
                    rowCount: encoder.table.rowCount,
                    level: level
                )
                return plan.rate + rows * ResidualEncoder.rowOverhead + 8000 < 8 * Double(bytes)
            case .maximumError(let error, _):
                let left = variances.reduce(0.0) { $0 + min($1, level) }
                return rows * left * inverseGain > error * error * encoder.reference
            }
        }
        var (low, high) = (binaryLogarithm(total) - 60, binaryLogarithm(total) + 4)
        for _ in 0..<24 {
            let middle = (low + high) / 2
            if isTooCoarse(binaryPower(middle)) { high = middle } else { low = middle }
        }
        return binaryPower((low + high) / 2)
    }

    /// The smallest coding within the error, or the most exact within the bytes.
    mutating func run() throws(ResidualCodingError) -> CodedResidual {
        var logarithm = max(binaryLogarithm(Self.stepsPerLevel * level.squareRoot()), leastLogarithm)
        magnitudes = try initialMagnitudes(step: binaryPower(logarithm))
        let sample = sampleRows()
        // How fast the measure moves with log₂ Δ, for the first steps.
        let activity = variances.reduce(0.0) { $0 + $1 / ($1 + level) }
        var slope: Double
        switch encoder.budget {
        case .bytes(let bytes):
            slope = -max(0.05, activity * Double(encoder.table.rowCount) / Double(8 * max(1, bytes)) / 0.6931)
        case .maximumError: slope = max(0.3, activity / Double(variances.count))
        }
        let usualSlope = slope
        var last: (logarithm: Double, excess: Double)?
        for round in 0..<6 {
            let trial = try pass(logarithm, rows: sample, learns: true)
            let excess = excess(of: trial)
            try report("sample", 0.05 + 0.03 * Double(round), trial)
            if round >= 2 { adapt(&slope, usualSlope, last, (logarithm, excess)) }
            last = (logarithm, excess)
            logarithm = max(leastLogarithm, logarithm - limited(excess / slope))
            if round >= 3, excess.magnitude < 0.003 { break }
        }
        last = nil
        var lower = -Double.infinity
        var upper = Double.infinity
        for round in 0..<2 * Self.usualPasses {
            if round >= Self.usualPasses, best != nil { break }
            let trial = try pass(logarithm, rows: nil, learns: round < Self.learningPasses)
            let excess = excess(of: trial)
            try report("pass \(round + 1)", min(0.95, 0.3 + 0.15 * Double(round)), trial)
            var isWithin = excess <= 0
            if isWithin { isWithin = try isExactlyWithin(trial) }
            if isWithin { keep(trial) }
            if isWithin, round > 0, excess > -window { break }
            // While tables are learned, what a step gives changes from pass to pass.
            if round > Self.learningPasses {
                if isWithin == (usualSlope > 0) { lower = max(lower, logarithm) } else { upper = min(upper, logarithm) }
            }
            if round > 1 { adapt(&slope, usualSlope, last, (logarithm, excess)) }
            last = (logarithm, excess)
            // A little within the budget is aimed at.
            var next = logarithm - limited((excess + window * 0.4) / slope)
            if excess <= 0, !isWithin { next = logarithm - 0.002 }
            if lower < upper, next <= lower || next >= upper, lower.isFinite, upper.isFinite {
                next = (lower + upper) / 2
            }
            if next < leastLogarithm, logarithm <= leastLogarithm { break }
            logarithm = max(leastLogarithm, next)
        }
        if let best { return best.coded }
        if case .maximumError(let error, _) = encoder.budget {
            throw ResidualCodingError(
                .infeasible,
                "--max-error",
                "an error of \(error) is finer than the format reaches",
                remedy: "ask for a larger error, or keep the table as it is"
            )
        }
        return empty.coded
    }

    /// √(step² / level): a bit is worth 2·ln 2·level in theory, and `bitCost` · step² here.
    private static let stepsPerLevel = 2.15

    /// A part of the budget that may be left unused, in octaves.
    private var window: Double {
        if case .bytes = encoder.budget { 0.0055 } else { 0.003 }
    }

    /// By how many octaves the trial misses the budget; negative where it keeps it.
    private func excess(of trial: ResidualEncoder.Trial) -> Double {
        switch encoder.budget {
        case .bytes(let bytes): binaryLogarithm(Double(trial.byteCount) / Double(max(1, bytes)))
        case .maximumError(let error, _): binaryLogarithm(max(trial.relativeError, 1e-12) / error)
        }
    }

    /// Whether the rows as rebuilt keep the bound on the error: the trial's own figure leaves out their rounding.
    private func isExactlyWithin(_ trial: ResidualEncoder.Trial) throws(ResidualCodingError) -> Bool {
        guard case .maximumError(let error, _) = encoder.budget else { return true }
        let table = encoder.table
        let errors = try Parallel.mapChunks(of: table.rowCount, size: 512) { range throws(ResidualCodingError) in
            let (block, rebuilt) = (try table.block(range), trial.coded.rows(range))
            return (0..<block.rows).reduce(0.0) { sum, row in
                sum + block.withRow(row) { a in rebuilt.withRow(row) { squaredDistance(a, $0) } }
            }
        }
        return (errors.reduce(0, +) / encoder.reference).squareRoot() <= error
    }

    private mutating func keep(_ trial: ResidualEncoder.Trial) {
        guard let best else {
            best = trial
            return
        }
        let isBetter: Bool
        if case .bytes = encoder.budget {
            isBetter = trial.relativeError < best.relativeError
        } else {
            isBetter = trial.coded.byteCount < best.coded.byteCount
        }
        if isBetter { self.best = trial }
    }

    private func limited(_ step: Double) -> Double { min(max(step, -1), 1) }

    private func adapt(
        _ slope: inout Double,
        _ usual: Double,
        _ last: (logarithm: Double, excess: Double)?,
        _ now: (logarithm: Double, excess: Double)
    ) {
        guard let last, (now.logarithm - last.logarithm).magnitude > 0.003 else { return }
        let measured = (now.excess - last.excess) / (now.logarithm - last.logarithm)
        let ratio = measured / usual
        if ratio > 0.25, ratio < 4 { slope = measured }
    }

    private func report(
        _ step: String,
        _ fraction: Double,
        _ trial: ResidualEncoder.Trial
    ) throws(ResidualCodingError) {
        let progress = ResidualProgress(
            step: step,
            fraction: fraction,
            byteCount: trial.byteCount,
            relativeError: trial.relativeError
        )
        guard encoder.options.progress(progress) else { throw ResidualEncoder.cancelled }
    }
}

extension StepSearch {
    /// The classes of the axes for a step; those that would hardly ever be other than zero are left out.
    private func classes(step: Double) -> [UInt8] {
        var classes = variances.map { variance -> UInt8 in
            let c =
                (4 * binaryLogarithm(max(variance, 1e-60).squareRoot() / step)).rounded()
                + Double(SymbolTables.unitClass)
            return c < Self.leastClass ? 0 : UInt8(min(c, Double(SymbolTables.classLimit - 1)))
        }
        if classes.allSatisfy({ $0 == 0 }) {
            var largest = 0
            for axis in variances.indices where variances[axis] > variances[largest] { largest = axis }
            classes[largest] = UInt8(Self.leastClass)
        }
        return classes
    }

    /// A deviation of a quarter of the step.
    private static let leastClass = 16.0

    /// The rows that first tables are learned from.
    private func sampleRows() -> [Int] {
        var random = SplitMix64(seed: encoder.options.seed, stream: 3)
        var rows = Array(0..<encoder.table.rowCount)
        random.shuffle(&rows)
        return rows.prefix(max(1, encoder.options.sampleRows)).sorted()
    }

    /// Magnitudes by the rows' energy along the axes that matter.
    private func initialMagnitudes(step: Double) throws(ResidualCodingError) -> [UInt8] {
        let classes = classes(step: step)
        let coded = classes.indices.filter { classes[$0] > 0 }
        let active = coded.filter { variances[$0] > step * step }
        let used = active.isEmpty ? coded : active
        let basis = part(of: used)
        let expected = used.reduce(0.0) { $0 + variances[$1] } / (step * step)
        let mean = encoder.transform.mean.map(Float.init)
        let (table, gains) = (encoder.table, encoder.gains)
        return try Parallel.mapChunks(of: table.rowCount, size: 256) { range throws(ResidualCodingError) in
            let (coefficients, _) = try CodingPass.coefficients(
                range,
                of: table,
                gains: gains,
                mean: mean,
                basis: basis,
                step: Float(step)
            )
            return (0..<range.count).map { i -> UInt8 in
                let energy = coefficients.withRow(i) { sumOfSquares($0) }
                let magnitude = binaryLogarithm(max(energy, 1e-30) / max(expected, 1e-30)).rounded()
                let limit = Double(RowIndex.magnitudeCount - 1)
                return UInt8(min(max(magnitude + Double(RowIndex.unitMagnitude), 0), limit))
            }
        }.flatMap { $0 }
    }

    private func part(of chosen: [Int]) -> Matrix {
        Matrix(rows: chosen.count, columns: axes.columns, elements: chosen.flatMap { axes.row($0) })
    }

    /// Codes all rows, or some to estimate from, with the step 2^`logarithm`; learns tables for the next pass.
    private mutating func pass(
        _ logarithm: Double,
        rows: [Int]?,
        learns: Bool
    ) throws(ResidualCodingError) -> ResidualEncoder.Trial {
        let step = Float(binaryPower(logarithm))
        let classes = classes(step: Double(step))
        let coded = classes.indices.filter { classes[$0] > 0 }
        let parts = Double(ResidualModel.meanPartsPerStep)
        let mean = encoder.transform.mean.map { Int32(($0 / Double(step) * parts).rounded()) }
        let model = ResidualModel(
            step: step,
            trellis: encoder.trellis,
            mean: mean,
            reflections: reflections,
            axisClasses: classes,
            tables: tables
        )
        let basis = part(of: coded)
        let pass = CodingPass(
            step: step,
            trellis: encoder.trellis,
            mean: model.meanRow,
            basis: basis,
            classes: coded.map { classes[$0] },
            rates: RateTable(tables, bitCost: ResidualEncoder.bitCost),
            magnitudeBits: magnitudeBits,
            lengthUnit: ResidualEncoder.lengthUnit
        )
        let (table, gains, used): (any RowSource, [Int8], [UInt8])
        if let rows {
            table = try encoder.table.gathering(rows)
            gains = encoder.gains.isEmpty ? [] : rows.map { encoder.gains[$0] }
            used = rows.map { magnitudes[$0] }
        } else {
            (table, gains, used) = (encoder.table, encoder.gains, magnitudes)
        }
        let result = try pass.run(table, gains: gains, magnitudes: used, isWriting: true)
        let index = RowIndex(
            gains: gains,
            magnitudes: used,
            lengths: result.lengths,
            lengthUnit: ResidualEncoder.lengthUnit
        )
        let part = CodedResidual(model: model, index: index, bits: result.bits.bytes, basis: basis)
        if learns { learn(from: result, rows: rows) }
        let scale = Double(encoder.table.rowCount) / Double(max(1, table.rowCount))
        let error = (result.statistics.squaredError * scale / encoder.reference).squareRoot()
        return ResidualEncoder.Trial(
            coded: part,
            byteCount: part.byteCount(scalingRowsBy: scale),
            relativeError: error
        )
    }

    private mutating func learn(from result: CodingPass.Result, rows: [Int]?) {
        tables = result.statistics.tables
        let total = Double(result.statistics.rowMagnitudes.reduce(0, +))
        magnitudeBits = result.statistics.rowMagnitudes.map { count in
            Float(binaryLogarithm((total + 16) / (Double(count) + 0.5)))
        }
        if let rows {
            for (i, row) in rows.enumerated() { magnitudes[row] = result.magnitudes[i] }
        } else {
            magnitudes = result.magnitudes
        }
    }
}
