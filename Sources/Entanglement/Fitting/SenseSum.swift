import LinearAlgebra

/// Sums of senses, gain · product of units over all copies, on folded rows.
struct SenseSum: Sendable {
    let tables: UnitTables
    let fold: Fold

    /// sums[row] += sign · gain · product of `units`.
    func add(_ sign: Float, _ units: [UInt32], _ gain: Float, to sums: inout Matrix, row: Int) {
        let length = fold.productLength
        var head = [Float](repeating: 0, count: fold.longestCofactor)
        sums.withMutableView { view in
            let sum = view.base + row * length
            tables.withVectors { vector in
                for copy in 0..<tables.copies {
                    fold.addProduct(to: sum, gain: sign * gain, &head) { vector($0, Int(units[$0]), copy) }
                }
            }
        }
    }

    /// residuals[i] −= the sum of `senses[i]`.
    func subtract(_ senses: [TokenSenses], from residuals: inout Matrix) {
        for (i, token) in senses.enumerated() {
            for sense in 0..<token.rank { add(-1, token.units(of: sense), token.gains[sense], to: &residuals, row: i) }
        }
    }

    /// The product of each sense at gain 1, `[rank, product length]`.
    func products(of senses: TokenSenses) -> Matrix {
        var products = Matrix(rows: senses.rank, columns: fold.productLength)
        for sense in 0..<senses.rank { add(1, senses.units(of: sense), 1, to: &products, row: sense) }
        return products
    }
}
