import TensorFile

/// Finds the vocabulary tables of a checkpoint, and the position and type tables that are to be left alone.
struct TableFinder {
    let source: any TensorSource
    let configuration: ModelConfiguration
    /// Tokens in the checkpoint's own tokenizer, where it has one.
    let tokenizerSize: Int?

    /// All tables found; `overrides` names the tensors that the user wants factorized, and nothing else is then chosen.
    func find(overrides: [String]) throws -> [FoundTable] {
        var tables = recogniseAll()
        for name in overrides { try choose(name, in: &tables) }
        if !overrides.isEmpty {
            let wanted = Set(overrides.map { Array(FoundTable.factorName(of: $0).utf8) })
            for index in tables.indices { tables[index].isChosen = wanted.contains(Array(tables[index].name.utf8)) }
        }
        try mergeTies(&tables)
        return tables
    }

    /// All tables by name and shape, without a look at their values.
    func recogniseAll() -> [FoundTable] {
        let tables = source.tensors.compactMap(recognise)
        return tables.contains { $0.role.isVocabularyTable } ? tables : tables + guess()
    }

    private func recognise(_ tensor: TensorDescriptor) -> FoundTable? {
        guard tensor.shape.count == 2 else { return nil }
        let known = configuration.architecture.map { [$0] } ?? Architecture.all
        for architecture in known {
            guard let role = architecture.role(of: tensor.name) else { continue }
            // A table called like a head but of another height, such as a classifier, is none.
            if role == .outputHead, let size = configuration.vocabularySize, tensor.shape[0] < size { continue }
            let named = "named as in \(architecture.name) models"
            let height = tensor.shape[0] == configuration.vocabularySize ? ", as many rows as the vocabulary" : ""
            return FoundTable(
                tensor: tensor,
                role: role,
                ties: [],
                reason: named + height,
                isChosen: role.isVocabularyTable
            )
        }
        return nil
    }

    /// Tables of a family that is not known: as high as the vocabulary, or called embeddings.
    private func guess() -> [FoundTable] {
        let matrices = source.tensors.filter { $0.shape.count == 2 && $0.type.isFloatingPoint }
        if let size = configuration.vocabularySize ?? tokenizerSize {
            let high = matrices.filter { $0.shape[0] == size }
            if !high.isEmpty {
                return high.map {
                    FoundTable(
                        tensor: $0,
                        role: .inputEmbedding,
                        ties: [],
                        reason: "as many rows as the vocabulary (\(size))",
                        isChosen: true
                    )
                }
            }
        }
        let named = matrices.filter { tensor in
            let name = tensor.name.lowercased()
            let isOther = ["pos", "type", "time", "patch"].contains { name.contains($0) }
            return name.contains("emb") && !isOther && tensor.shape[0] > tensor.shape[1]
        }
        if !named.isEmpty {
            return named.map {
                FoundTable(
                    tensor: $0,
                    role: .inputEmbedding,
                    ties: [],
                    reason: "called an embedding, higher than wide",
                    isChosen: true
                )
            }
        }
        if matrices.count == 1 {
            return [
                FoundTable(
                    tensor: matrices[0],
                    role: .inputEmbedding,
                    ties: [],
                    reason: "the only matrix in the file",
                    isChosen: true
                )
            ]
        }
        return []
    }

    private func choose(_ name: String, in tables: inout [FoundTable]) throws {
        let wanted = FoundTable.factorName(of: name)
        guard
            let tensor = source.tensors.first(where: {
                FoundTable.factorName(of: $0.name).utf8.elementsEqual(wanted.utf8)
            })
        else {
            let matrices = source.tensors.filter { $0.shape.count == 2 }.prefix(8).map(\.name).joined(separator: ", ")
            throw TensorFileError(
                .missing,
                file: source.path,
                place: "--embedding \(name)",
                cause: "the checkpoint has no such tensor",
                remedy: "name one of its matrices, such as \(matrices)"
            )
        }
        guard tensor.shape.count == 2, tensor.type.isFloatingPoint || tensor.type.isBlockQuantised else {
            throw TensorFileError(
                .unsupported,
                file: source.path,
                place: "--embedding \(name)",
                cause: "shape \(tensor.shape) of \(tensor.type.name) is no matrix of numbers",
                remedy: "name a tensor of two dimensions and a floating-point or GGUF type"
            )
        }
        guard !tables.contains(where: { $0.tensor == tensor }) else { return }
        tables.append(
            FoundTable(tensor: tensor, role: .inputEmbedding, ties: [], reason: "named by --embedding", isChosen: true)
        )
    }

    /// Tables with equal values become one with `ties`: replacing one replaces all.
    private func mergeTies(_ tables: inout [FoundTable]) throws {
        var merged: [FoundTable] = []
        for table in tables {
            let twin =
                try table.role.isVocabularyTable
                ? merged.firstIndex { try $0.role.isVocabularyTable && haveEqualBytes($0.tensor, table.tensor) } : nil
            if let twin {
                merged[twin].ties.append(table.tensor.name)
                merged[twin].isChosen = merged[twin].isChosen || table.isChosen
            } else {
                merged.append(table)
            }
        }
        let hasHead = merged.contains { $0.role == .outputHead }
        let ties = configuration.tiesEmbeddings ?? configuration.architecture?.tiesByDefault ?? false
        if ties, !hasHead, let input = merged.firstIndex(where: { $0.role == .inputEmbedding }) {
            merged[input].reason += "; also the output head where the model has one (tied)"
        }
        tables = merged
    }

    private func haveEqualBytes(_ one: TensorDescriptor, _ other: TensorDescriptor) throws -> Bool {
        guard one.shape == other.shape, one.type == other.type else { return false }
        guard let left = source.location(of: one), let right = source.location(of: other) else {
            return try source.digest(of: one) == source.digest(of: other)
        }
        let chunk = 1 << 20
        var done = 0
        while done < left.byteCount {
            let count = min(chunk, left.byteCount - done)
            let equal =
                try left.file.bytes(at: left.offset + done, count: count)
                == right.file.bytes(at: right.offset + done, count: count)
            if !equal { return false }
            done += count
        }
        return true
    }
}
