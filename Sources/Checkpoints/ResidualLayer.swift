import Entanglement
import LinearAlgebra
import ResidualCoding
import TensorFile

extension Factorization {
    /// What becomes of what the factors leave.
    public enum Residual: String, CaseIterable, Sendable {
        /// It is coded as well as the budget allows. Without a form for factors, it is the whole table.
        case auto
        /// Nothing: factors alone.
        case none
    }

    /// Whether the residual layer holds the whole table: no form of factors is asked for.
    var codesWholeTable: Bool { residual == .auto && order == nil && rank == nil && units == nil }
}

/// The residual layer of one table on its way.
struct ResidualLayer {
    private let factorization: Factorization
    private let found: FoundTable
    private let table: Matrix
    private let frequencies: TokenFrequencies
    private let file: String

    init(
        _ factorization: Factorization,
        _ found: FoundTable,
        _ table: Matrix,
        _ frequencies: TokenFrequencies,
        file: String
    ) {
        self.factorization = factorization
        self.found = found
        self.table = table
        self.frequencies = frequencies
        self.file = file
    }

    /// The table as `factors` and a residual that fills the rest of the budget.
    func result(
        over factors: EntangledEmbedding?,
        form: String?,
        progress: (FitProgress) -> Void
    ) throws -> Factorization.Result {
        let coded: CodedResidual
        do {
            coded = try withoutActuallyEscaping(progress) { progress in
                nonisolated(unsafe) let report = progress
                return try CodedResidual(
                    coding: factors.map(remainder) ?? table,
                    weights: frequencies.weights(),
                    budget: budget(beside: factors),
                    options: ResidualOptions(seed: factorization.seed) { state in
                        report(
                            FitProgress(
                                step: "residual, \(state.step)",
                                fraction: state.fraction,
                                weightedRelativeError: state.relativeError ?? 1
                            )
                        )
                        return true
                    }
                )
            }
        } catch let error as ResidualCodingError {
            throw error.inFile(file, place: found.name)
        }
        let layered = LayeredTable(factors: factors, residual: coded)
        let errors = layered.relativeErrors(against: table, weights: frequencies.weights(exponent: 1))
        let axes = "residual of \(coded.axisCount) axes"
        return Factorization.Result(
            entry: FactoredEntry(
                tensor: found.tensor,
                ties: found.ties,
                factors: factors?.stored,
                residual: coded.stored
            ),
            form: form.map { "\($0), \(axes)" } ?? axes,
            relativeError: errors.plain,
            weightedRelativeError: errors.weighted,
            frequencyOrigin: frequencies.origin
        )
    }

    private func budget(beside factors: EntangledEmbedding?) -> ResidualBudget {
        if let maximumError = factorization.maximumError {
            return .maximumError(maximumError, reference: sumOfSquares(table.elements.span).squareRoot())
        }
        // Any byte count is reached where nothing was asked for: factors of a given form, and no more.
        let bytes = factorization.ratio.map { Int(Double(found.tensor.byteCount) / $0) } ?? 0
        return .bytes(bytes - (factors?.byteCount ?? 0))
    }

    /// What `factors` leave of the table.
    private func remainder(of factors: EntangledEmbedding) -> Matrix {
        var difference = table
        difference.fillRows(chunkRows: 128) { range, elements in
            var below = [Float](repeating: 0, count: elements.count)
            var span = below.mutableSpan
            factors.write(range, to: &span)
            for i in 0..<elements.count { elements[i] -= span[i] }
        }
        return difference
    }
}
