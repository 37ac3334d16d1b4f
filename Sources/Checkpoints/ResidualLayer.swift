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
    private let job: TableJob

    init(_ factorization: Factorization, _ job: TableJob) {
        (self.factorization, self.job) = (factorization, job)
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
                    coding: TableRemainder(table: job.table, factors: factors),
                    weights: job.weights,
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
            throw error.inFile(job.file, place: job.found.name)
        }
        let axes = "residual of \(coded.axisCount) axes"
        return try job.result(
            FactoredEntry(
                tensor: job.found.tensor,
                ties: job.found.ties,
                factors: factors?.stored,
                residual: coded.stored
            ),
            form: form.map { "\($0), \(axes)" } ?? axes,
            layers: LayeredTable(factors: factors, residual: coded)
        )
    }

    private func budget(beside factors: EntangledEmbedding?) throws -> ResidualBudget {
        if let maximumError = factorization.maximumError {
            var square = 0.0
            try job.table.forEachPiece { square += sumOfSquares($1.elements.span) }
            return .maximumError(maximumError, reference: square.squareRoot())
        }
        // Any byte count is reached where nothing was asked for: factors of a given form, and no more.
        return .bytes((job.budget ?? 0) - (factors?.byteCount ?? 0))
    }
}
