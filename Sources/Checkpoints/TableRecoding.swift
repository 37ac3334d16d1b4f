import Entanglement
import LinearAlgebra
import ResidualCoding
import TensorFile

/// Brings a table whose numbers were trained back into the stored form that it had before, in at most as many bytes.
public struct TableRecoding: Sendable {
    /// How a table is stored.
    public enum Form: String, Sendable {
        /// Factors alone, whose numbers train themselves.
        case factors
        /// A coded residual, alone or over factors; the dense table trains.
        case residual
        /// A rival's form of other numbers, fitted again; the dense table trains.
        case rival
    }

    /// The table before the training.
    public let entry: FactoredEntry
    /// How much each token's error counts, one positive number each.
    public let weights: [Float]
    /// The seed of random choices.
    public let seed: UInt64
    /// The factors ready to train, where they stand alone and can.
    public let trainableForm: (any TrainableForm)?
    private let file: String
    private let factors: (any StorableTable)?

    /// The table of `entry`, stored in `file`.
    ///
    /// - Throws: kind `value` for rows that are kept beside the layers, which no training can change.
    public init(_ entry: FactoredEntry, in file: String, weights: [Float], seed: UInt64) throws {
        guard entry.exceptions?.rows == nil else {
            throw TensorFileError(
                .value,
                file: file,
                place: entry.name,
                cause: "rows with a NaN or infinity are kept beside the factors, and cannot be trained",
                remedy: "factorize with --bad-rows zero, or repair the checkpoint"
            )
        }
        (self.entry, self.weights, self.seed, self.file) = (entry, weights, seed, file)
        do {
            factors = try entry.factors.map { try TableMethods.table(stored: $0) }
        } catch let error as EntanglementError {
            throw error.inFile(file, place: entry.name)
        }
        trainableForm = entry.residual == nil ? factors.flatMap { TableMethods.trainableForm(of: $0) } : nil
    }

    /// How the table is stored.
    public var form: Form {
        entry.residual != nil ? .residual : trainableForm != nil ? .factors : .rival
    }

    /// The entry with `table` as its factors.
    public func entry(storing table: any StorableTable) -> FactoredEntry {
        var result = entry
        result.factors = table.stored
        return result
    }

    /// The dense table that is stored in `entry`, without its exceptions.
    public func dense(_ entry: FactoredEntry) throws -> Matrix {
        try entry.layers(in: file).dense
    }

    /// `table` `[tokens, dimension]` in the form and the bytes of the entry; factors below a residual stay as they are.
    /// `progress` hears of the share that is done.
    public func recoded(_ table: Matrix, progress: (Double) -> Void) throws -> FactoredEntry {
        let table = emptyingExceptions(table)
        var result = entry
        do {
            if entry.residual != nil {
                let budget = entry.byteCount - (entry.exceptions?.byteCount ?? 0) - (factors?.byteCount ?? 0)
                let coded = try withoutActuallyEscaping(progress) { progress in
                    nonisolated(unsafe) let report = progress
                    return try CodedResidual(
                        coding: TableRemainder(table: table, factors: factors),
                        weights: weights,
                        budget: .bytes(budget),
                        options: ResidualOptions(seed: seed) { state in
                            report(state.fraction)
                            return true
                        }
                    )
                }
                result.residual = coded.stored
            } else if let method = factors.flatMap({ TableMethods.method(making: $0) }) {
                let budget = factors?.byteCount ?? 0
                result.factors = try method.fit(table, budgetBytes: budget, seed: seed).stored
            } else {
                throw TensorFileError(
                    .unsupported,
                    file: file,
                    place: entry.name,
                    cause: "tables of this form are not fitted again",
                    remedy: "factorize the table in another form"
                )
            }
        } catch let error as EntanglementError {
            throw error.inFile(file, place: entry.name)
        } catch let error as ResidualCodingError {
            throw error.inFile(file, place: entry.name)
        }
        return result
    }

    /// The table with zero rows where the entry has them, so that they cost nothing.
    private func emptyingExceptions(_ table: Matrix) -> Matrix {
        guard let exceptions = entry.exceptions else { return table }
        var elements = table.elements
        for token in exceptions.tokens {
            for index in table.indices(ofRow: token) { elements[index] = 0 }
        }
        return Matrix(rows: table.rows, columns: table.columns, elements: elements)
    }
}
