import LinearAlgebra

/// Chooses a token's senses by beam search: of every partial choice the best few extensions, all gains solved anew, and
/// of these the best `width` go on.
///
/// Greedy choice takes the wrong support for some tokens even when the tables are right, since products that share a
/// unit are far from orthogonal; a few hypotheses repair that, at `width` times the cost.
struct SenseBeam: Sendable {
    let search: SenseSearch
    let sum: SenseSum
    let gains: GainRule
    /// Hypotheses kept for each token.
    let width: Int

    /// A partial choice and the squared error that it leaves.
    private struct Hypothesis {
        var senses: TokenSenses
        var error: Float
    }

    /// Senses for each of `rows`, `[rows, product length]`: those of `starts` (the given ones) and then learned ones up
    /// to the row's rank.
    func encode(_ rows: Matrix, starts: [TokenSenses], ranks: [Int]) -> [TokenSenses] {
        var beams = starts.map { [Hypothesis(senses: $0, error: .infinity)] }
        for sense in 0..<(ranks.max() ?? 0) {
            let active = beams.indices.filter { starts[$0].rank <= sense && sense < ranks[$0] }
            guard !active.isEmpty else { continue }
            let lines = active.flatMap { row in beams[row].indices.map { (row: row, hypothesis: $0) } }
            var residuals = rows.gathering(lines.map(\.row))
            sum.subtract(lines.map { beams[$0.row][$0.hypothesis].senses }, from: &residuals)
            let found = search.searchAll(residuals)
            var extended: [Int: [Hypothesis]] = [:]
            for (line, found) in zip(lines, found) {
                let senses = beams[line.row][line.hypothesis].senses
                extended[line.row, default: []] += found.map { found in
                    var longer = senses
                    longer.append(found)
                    return Hypothesis(senses: longer, error: .infinity)
                }
            }
            for row in active { beams[row] = best(of: extended[row] ?? [], for: Array(rows.row(row))) }
        }
        return beams.enumerated().map { $1.first?.senses ?? starts[$0] }
    }

    /// The best `width` of `hypotheses` that differ in more than the order of their senses, gains solved.
    private func best(of hypotheses: [Hypothesis], for row: [Float]) -> [Hypothesis] {
        var seen: Set<[UInt32]> = []
        var solved: [Hypothesis] = []
        for var hypothesis in hypotheses where seen.insert(hypothesis.senses.unorderedUnits).inserted {
            let products = sum.products(of: hypothesis.senses)
            hypothesis.senses.gains = gains.solve(products, row, present: hypothesis.senses.gains)
            var residual = row
            for sense in 0..<products.rows {
                let gain = hypothesis.senses.gains[sense]
                products.withRow(sense) { product in
                    for x in residual.indices { residual[x] -= gain * product[x] }
                }
            }
            hypothesis.error = residual.reduce(0) { $0 + $1 * $1 }
            solved.append(hypothesis)
        }
        // A stable order, so that ties fall the same way everywhere.
        let order = solved.indices.sorted { (solved[$0].error, $0) < (solved[$1].error, $1) }
        return order.prefix(width).map { solved[$0] }
    }
}
