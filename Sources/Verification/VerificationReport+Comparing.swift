import Checkpoints
import Foundation
import TensorFile

/// The bounds that a verification is held to.
public struct VerificationGates: Sendable {
    /// What is counted for the ratio.
    public enum RatioKind: String, CaseIterable, Sendable {
        /// Stored bytes of the tables, numbers of the tables without indices, or bytes of whole files.
        case byte, parameter, checkpoint
    }

    /// The least ratio, over all tables together.
    public var minimumRatio: Double?
    /// Which ratio that is.
    public var ratioKind: RatioKind
    /// The highest relative error of any table.
    public var maximumError: Double?
    /// The lowest mean cosine of any table.
    public var minimumCosine: Double?

    /// The given bounds; nil where there is none.
    public init(
        minimumRatio: Double? = nil,
        ratioKind: RatioKind = .byte,
        maximumError: Double? = nil,
        minimumCosine: Double? = nil
    ) {
        self.minimumRatio = minimumRatio
        self.ratioKind = ratioKind
        self.maximumError = maximumError
        self.minimumCosine = minimumCosine
    }

    /// Whether any of them is of tables.
    fileprivate var areOfTables: Bool {
        maximumError != nil || minimumCosine != nil || (minimumRatio != nil && ratioKind != .checkpoint)
    }
}

extension VerificationReport {
    /// Compares the tables of two checkpoints or workspaces, and everything else that both hold.
    ///
    /// Models without a table of the same name are refused, but for `tablesAreOptional`, where no gate is of tables: then
    /// the report says so. `progress` hears of the share of rows done.
    public init(
        reference: String,
        candidate: String,
        gates: VerificationGates,
        strictness: Strictness = .strict,
        tablesAreOptional: Bool = false,
        progress: (Double) -> Void = { _ in }
    ) throws {
        let original = try ComparedModel(opening: reference, strictness: strictness)
        let compressed = try ComparedModel(opening: candidate, strictness: strictness)
        let names = try original.vocabularyTables().filter { compressed.hasTable($0) }
        guard !names.isEmpty || (tablesAreOptional && !gates.areOfTables) else {
            throw TensorFileError(
                .missing,
                file: candidate,
                place: "embeddings",
                cause: "no vocabulary table of \(reference) is in it",
                remedy: "compare a model with one made from it"
            )
        }
        let total = try names.reduce(0) { try $0 + original.table($1).rowCount }
        var done = 0
        // Tables of one vocabulary share its frequencies: the tokenizer is read once.
        var frequencies: [Int: TokenFrequencies?] = [:]
        let tables = try names.map { name in
            let table = try original.table(name)
            let known = try frequencies[table.rowCount] ?? original.frequencies(rowCount: table.rowCount)
            frequencies[table.rowCount] = .some(known)
            return try TableComparison(
                name: FoundTable.factorName(of: name),
                reference: table,
                referenceBytes: original.cost(name).bytes,
                candidate: compressed.table(name),
                cost: compressed.cost(name),
                weights: known?.weights(exponent: 1)
            ) { rows in
                done += rows
                progress(Double(done) / Double(max(1, total)))
            }
        }
        let ratio =
            compressed.isWorkspace ? nil : try Double(original.fileBytes()) / Double(max(1, compressed.fileBytes()))
        self.init(
            reference: reference,
            candidate: candidate,
            tables: tables,
            checkpointRatio: ratio,
            findings: names.isEmpty
                ? ["no vocabulary table of \(reference) is in \(candidate) under its name: tables are not compared"]
                : compressed.isWorkspace ? [] : try original.differences(from: compressed)
        )
        self.gates = try evaluated(gates)
    }

    private func evaluated(_ gates: VerificationGates) throws -> [Gate] {
        var result: [Gate] = []
        if let bound = gates.minimumRatio {
            switch gates.ratioKind {
            case .byte:
                let stored = tables.reduce(0) { $0 + $1.candidateBytes }
                let ratio = Double(tables.reduce(0) { $0 + $1.referenceBytes }) / Double(max(1, stored))
                result.append(Gate("byteRatio", value: ratio, .atLeast, bound))
            case .parameter:
                let stored = tables.reduce(0) { $0 + $1.parameters }
                let numbers = tables.reduce(0) { $0 + $1.shape.reduce(1, *) }
                result.append(Gate("parameterRatio", value: Double(numbers) / Double(max(1, stored)), .atLeast, bound))
            case .checkpoint:
                guard let ratio = checkpointRatio else {
                    throw TensorFileError(
                        .unsupported,
                        file: candidate,
                        place: "--ratio-kind checkpoint",
                        cause: "a workspace is no whole checkpoint",
                        remedy: "export it and verify the export"
                    )
                }
                result.append(Gate("checkpointRatio", value: ratio, .atLeast, bound))
            }
        }
        for table in tables {
            let suffix = tables.count > 1 ? ":\(table.name)" : ""
            if let bound = gates.maximumError {
                result.append(Gate("relativeError" + suffix, value: table.relativeError, .atMost, bound))
            }
            if let bound = gates.minimumCosine {
                result.append(Gate("meanCosine" + suffix, value: table.meanCosine, .atLeast, bound))
            }
        }
        return result
    }
}
