import LinearAlgebra

extension FactoredTable {
    /// How many tokens have exactly the row of another token here, though `table` tells the two apart.
    ///
    /// No model can tell such tokens apart again, however long it is trained on the rows. Rows are compared by hashes of 64
    /// bits; streams over the rows.
    /// - Throws: what `table` throws where its rows cannot be read.
    public func mergedTokenCount(against table: some RowSource) throws -> Int {
        precondition(table.rowCount == tokenCount && table.columnCount == dimension, "tables of different shapes")
        var groups: [UInt64: TokensOfARow] = [:]
        try forEachPiece(ofRows: comparedRows) { range, piece throws in
            let originals = try table.rows(range)
            for row in 0..<range.count {
                let (own, original) = (piece.withRow(row, rowHash), originals.withRow(row, rowHash))
                if var group = groups[own] {
                    group.tokens += 1
                    group.isMerged = group.isMerged || group.original != original
                    groups[own] = group
                } else {
                    groups[own] = TokensOfARow(original: original)
                }
            }
        }
        return groups.values.reduce(0) { $0 + ($1.isMerged ? $1.tokens : 0) }
    }
}

/// The tokens that have one row.
private struct TokensOfARow {
    /// The hash of the first one's row in the original table.
    let original: UInt64
    var tokens = 1
    /// Whether the original tells some of them apart.
    var isMerged = false
}

/// A hash of a row's bits; zeros of either sign are alike.
private func rowHash(_ row: Span<Float>) -> UInt64 {
    var hash: UInt64 = 0
    for index in row.indices {
        var random = SplitMix64(seed: hash ^ UInt64((row[index] + 0).bitPattern))
        hash = random.next()
    }
    return hash
}
