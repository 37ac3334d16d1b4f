import LinearAlgebra

/// Chooses the learned senses of tokens: greedily on what is left of each vector, then sense by sense again.
struct SenseEncoder: Sendable {
    let target: FitTarget
    let tables: UnitTables
    let search: SenseSearch
    let gains: GainRule
    let sum: SenseSum
    /// Hypotheses that are kept for each token while it is encoded from scratch; 1 for greedy choice.
    let beamWidth: Int

    init(target: FitTarget, tables: UnitTables, gains: GainRule, candidates: Int, sweeps: Int, beamWidth: Int = 1) {
        (self.target, self.tables, self.gains, self.beamWidth) = (target, tables, gains, beamWidth)
        sum = SenseSum(tables: tables, fold: Fold(tables.shape))
        search = SenseSearch(
            tables: tables,
            gain: gains.bits == 0 ? .one : .free,
            candidates: candidates,
            sweeps: sweeps
        )
    }

    /// The new units and gains of some tokens, and their squared errors before and after.
    struct Encoded: Sendable {
        var units: [[UInt32]] = []
        var gains: [[Float]] = []
        var errors: [(before: Float, after: Float)] = []
    }

    /// Encodes the learned senses of `tokens` up to `rank` of them; later senses are left out of the sum.
    ///
    /// - Parameter refinements: How many times every sense is looked for again, given the others. With `fromScratch`
    ///   false these passes start at the present codes instead of greedy ones.
    ///   What a token has is kept unless the new codes are better: no token gets worse.
    func encode(
        _ tokens: [Int],
        _ assignment: SenseAssignment,
        rank: Int = .max,
        fromScratch: Bool,
        refinements: Int
    ) -> Encoded {
        let parts = Parallel.mapChunks(of: tokens.count, size: search.blockRows) { range in
            encodeBlock(tokens[range], assignment, rank, fromScratch, refinements)
        }
        return parts.reduce(into: Encoded()) { all, part in
            all.units += part.units
            all.gains += part.gains
            all.errors += part.errors
        }
    }

    private func encodeBlock(
        _ tokens: ArraySlice<Int>,
        _ assignment: SenseAssignment,
        _ rank: Int,
        _ fromScratch: Bool,
        _ refinements: Int
    ) -> Encoded {
        let (fold, order) = (search.fold, search.fold.order)
        let present = tokens.map { token in
            let senses = assignment.senses(of: token)
            return TokenSenses(
                given: assignment.givenRanks[token],
                units: Array(assignment.units[senses.lowerBound * order..<senses.upperBound * order]),
                gains: Array(assignment.gains[senses]),
                order: order
            ).prefix(learned: rank)
        }
        let rows = target.rows(tokens, length: fold.productLength)
        var new = present
        if fromScratch { for i in new.indices { new[i].keep(new[i].given) } }
        let ranks = present.map(\.rank)
        if fromScratch, beamWidth > 1 {
            new = SenseBeam(search: search, sum: sum, gains: gains, width: beamWidth)
                .encode(rows, starts: new, ranks: ranks)
        }
        var residuals = rows
        sum.subtract(new, from: &residuals)
        for sense in 0..<(ranks.max() ?? 0) where fromScratch && beamWidth <= 1 {
            let active = new.indices.filter { new[$0].rank == sense && sense < ranks[$0] }
            guard !active.isEmpty else { continue }
            let found = search.search(residuals.gathering(active))
            for (i, found) in zip(active, found) {
                new[i].append(found)
                sum.add(-1, found.units, found.gain, to: &residuals, row: i)
            }
        }
        for _ in 0..<refinements {
            for sense in 0..<(ranks.max() ?? 0) {
                let active = new.indices.filter { (new[$0].given..<ranks[$0]).contains(sense) }
                guard !active.isEmpty else { continue }
                for i in active { sum.add(1, new[i].units(of: sense), new[i].gains[sense], to: &residuals, row: i) }
                let found = search.search(
                    residuals.gathering(active),
                    incumbents: active.map { new[$0].units(of: sense) }
                )
                for (i, var found) in zip(active, found) {
                    // Rounded at once where gains are, so that later senses make up for it.
                    found.gain = gains.rounded(found.gain)
                    new[i].replace(sense, by: found)
                    sum.add(-1, found.units, found.gain, to: &residuals, row: i)
                }
            }
        }
        if gains.bits > 0 { solveGains(of: &new, rows) }
        return choose(present, new, rows)
    }

    /// For each token the better of its present and its new senses.
    private func choose(_ present: [TokenSenses], _ new: [TokenSenses], _ rows: Matrix) -> Encoded {
        var (before, after) = (rows, rows)
        sum.subtract(present, from: &before)
        sum.subtract(new, from: &after)
        var encoded = Encoded()
        for i in present.indices {
            let errors = (before: before.squaredNorm(ofRow: i), after: after.squaredNorm(ofRow: i))
            // Senses beyond the present ones (a greater rank than last time) count as found, not as compared.
            let isBetter = !(errors.after >= errors.before)
            encoded.units.append(isBetter ? new[i].units : present[i].units)
            encoded.gains.append(isBetter ? new[i].gains : present[i].gains)
            encoded.errors.append((errors.before, min(errors.after, errors.before)))
        }
        return encoded
    }

    /// Replaces the gains of all senses, given ones too, by the best ones, each rounded in turn.
    private func solveGains(of senses: inout [TokenSenses], _ rows: Matrix) {
        for i in senses.indices where senses[i].rank > 0 {
            senses[i].gains = gains.solve(sum.products(of: senses[i]), Array(rows.row(i)), present: senses[i].gains)
        }
    }
}

extension Matrix {
    func gathering(_ rows: [Int]) -> Matrix {
        var elements: [Float] = []
        elements.reserveCapacity(rows.count * columns)
        for row in rows { elements += self.row(row) }
        return Matrix(rows: rows.count, columns: columns, elements: elements)
    }

    func squaredNorm(ofRow row: Int) -> Float {
        withRow(row) { Float(sumOfSquares($0)) }
    }
}
