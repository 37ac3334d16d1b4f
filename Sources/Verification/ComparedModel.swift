import Checkpoints
import Foundation
import TensorFile

/// One side of a comparison: a checkpoint, dense or factored, or a workspace with factors.
struct ComparedModel {
    let path: String
    /// The tensors; for a workspace those of its source.
    private let checkpoint: Checkpoint
    private let factored: FactoredDescription?
    let isWorkspace: Bool

    init(opening path: String, strictness: Strictness) throws {
        self.path = path
        isWorkspace = Workspace.isWorkspace(path)
        if isWorkspace {
            let workspace = try Workspace(opening: path)
            checkpoint = try workspace.openTrained()
            factored = workspace.isFactorized ? try FactoredDescription(reading: workspace.openFactors()) : nil
        } else {
            checkpoint = try Checkpoint(opening: path, strictness: strictness)
            factored = try FactoredDescription(reading: checkpoint.source)
        }
    }

    /// How often each of `rowCount` tokens comes, by the model's tokenizer; nil where it has none that can be read.
    func frequencies(rowCount: Int) throws -> TokenFrequencies? {
        if isWorkspace { return try Workspace(opening: path).frequencies(.tokenizer, rowCount: rowCount) }
        // A comparison of tables does not depend on a tokenizer; without one all tokens count alike.
        guard let tokenizer = try? TokenizerLoading.tokenizer(at: path) else { return nil }
        return TokenFrequencies(tokenizer: tokenizer, rowCount: rowCount)
    }

    /// The tensors that import would factorize, and those that are factored.
    func vocabularyTables() throws -> [String] {
        if let factored { return factored.entries.map(\.tensor.name) }
        return try checkpoint.findTables().filter(\.isChosen).map(\.tensor.name)
    }

    private func entry(_ name: String) -> FactoredEntry? {
        factored?.entries.first { ([$0.tensor.name] + $0.ties).contains { $0.utf8.elementsEqual(name.utf8) } }
    }

    func hasTable(_ name: String) -> Bool { entry(name) != nil || checkpoint.source.tensor(named: name) != nil }

    func table(_ name: String) throws -> any TableReader {
        if let entry = entry(name) { return try entry.table(in: path) }
        return try TensorTable(dense(name), in: checkpoint.source)
    }

    /// What the table takes: its tensor's bytes, or the bytes of all its factors.
    func cost(_ name: String) throws -> TableComparison.Cost {
        if let entry = entry(name) {
            let table = try entry.table(in: path).table
            return TableComparison.Cost(
                bytes: entry.byteCount,
                parameters: table.parameterCount,
                parametersWithIndex: table.parameterCountWithIndex
            )
        }
        let tensor = try dense(name)
        return TableComparison.Cost(
            bytes: tensor.byteCount,
            parameters: tensor.elementCount,
            parametersWithIndex: tensor.elementCount
        )
    }

    private func dense(_ name: String) throws -> TensorDescriptor {
        guard let tensor = checkpoint.source.tensor(named: name) else {
            throw TensorFileError(
                .missing,
                file: path,
                place: "tensor \"\(name)\"",
                cause: "it is not there",
                remedy: "compare a model with one made from it"
            )
        }
        return tensor
    }

    /// Bytes of the files that hold the weights.
    func fileBytes() throws -> Int { try checkpoint.weightFiles.reduce(0) { try $0 + InputFile($1).size } }

    /// Tensors that are no vocabulary tables and differ: missing, of another shape, or with other values.
    func differences(from other: ComparedModel) throws -> [String] {
        let tables = Set(try vocabularyTables().map { Array($0.utf8) })
        return try checkpoint.source.tensors.compactMap { tensor in
            guard !tables.contains(Array(tensor.name.utf8)), other.entry(tensor.name) == nil else { return nil }
            guard let twin = other.checkpoint.source.tensor(named: tensor.name) else {
                return "\(tensor.name) is missing in \(other.path)"
            }
            guard twin.shape == tensor.shape else {
                return "\(tensor.name) has shape \(twin.shape), not \(tensor.shape)"
            }
            guard twin.type == tensor.type else {
                return "\(tensor.name) is \(twin.type.name), not \(tensor.type.name)"
            }
            let isEqual = try checkpoint.source.digest(of: tensor) == other.checkpoint.source.digest(of: twin)
            return isEqual ? nil : "\(tensor.name) has other values"
        }
    }
}
