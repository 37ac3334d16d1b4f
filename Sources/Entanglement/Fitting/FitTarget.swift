import LinearAlgebra

/// What a fit approximates: a table of vectors, less a mean, each with a weight.
struct FitTarget: Sendable {
    let table: Matrix
    /// Subtracted from every row; nil for none.
    let mean: [Float]?
    /// One positive weight a token, 1 on average.
    let weights: [Float]

    /// A target; `weights` are scaled to a mean of 1.
    ///
    /// - Throws: kind `value` for numbers that are not finite and for weights that are negative or all zero.
    init(table: Matrix, weights: [Float]?, subtractsMean: Bool, meanType: FactorType) throws(EntanglementError) {
        let unusable = { (cause: String) in
            EntanglementError(.value, "table", cause, remedy: "repair or leave out the rows concerned")
        }
        for row in 0..<table.rows where !table.row(row).allSatisfy(\.isFinite) {
            throw unusable("row \(row) holds a number that is not finite")
        }
        let given = weights ?? Array(repeating: 1, count: table.rows)
        let total = given.reduce(0.0) { $0 + Double($1) }
        guard given.count == table.rows, given.allSatisfy({ $0 >= 0 && $0.isFinite }), total > 0 || given.isEmpty else {
            throw unusable("\(given.count) weights for \(table.rows) rows, or weights below 0 or all 0")
        }
        let scale = Double(given.count) / max(total, .leastNormalMagnitude)
        self.weights = given.map { Float(Double($0) * scale) }
        self.table = table
        var mean: [Float]?
        if subtractsMean, table.rows > 0 {
            var sums = [Double](repeating: 0, count: table.columns)
            for row in 0..<table.rows {
                let weight = Double(self.weights[row])
                for (x, value) in table.row(row).enumerated() { sums[x] += weight * Double(value) }
            }
            mean = meanType.rounded(sums.map { Float($0 / Double(table.rows)) })
        }
        self.mean = mean
    }

    /// How many learned senses each token gets: none without a plan, else all the same or as they are dealt.
    func learnedRanks(_ plan: EntanglementPlan?) -> [Int] {
        guard let plan, let senses = plan.dealtSenses else {
            return Array(repeating: plan?.rank ?? 0, count: table.rows)
        }
        let energies = (0..<table.rows).map { token in
            Double(weights[token]) * rows([token], length: table.columns).withRow(0) { sumOfSquares($0) }
        }
        return RankAllocation(
            bitsPerSense: plan.bitsPerSense,
            dimension: table.columns,
            maximum: plan.maximumRank
        ).ranks(energies: energies, senseCount: senses)
    }

    /// The rows `tokens` less the mean, folded: `[tokens, product length]`, entries past the dimension zero.
    func rows(_ tokens: some Collection<Int>, length: Int) -> Matrix {
        var rows: [Float] = []
        rows.reserveCapacity(tokens.count * length)
        for token in tokens {
            let row = table.row(token)
            if let mean { rows += zip(row, mean).lazy.map { $0 - $1 } } else { rows += row }
            rows += repeatElement(0, count: length - row.count)
        }
        return Matrix(rows: tokens.count, columns: length, elements: rows)
    }
}
