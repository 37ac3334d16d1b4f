import LinearAlgebra

/// Takes the least useful units out of tables that have too many.
///
/// A unit's use is the energy of the senses that it fills, times the share of its direction that no other unit of the
/// slot has: of two units that grew alike, one goes.
struct UnitPruning: Sendable {
    let tables: UnitTables
    let assignment: SenseAssignment
    /// The tokens whose senses count.
    let tokens: [Int]

    /// The tables with `counts` units a slot, and the same senses with each lost unit replaced by the most similar one.
    func pruned(to counts: [Int]) throws(EntanglementError) -> (UnitTables, SenseAssignment) {
        var values: [[Float]] = []
        var renumbering: [[UInt32]] = []
        for slot in counts.indices {
            let similarity = similarity(ofSlot: slot)
            let kept = keptUnits(ofSlot: slot, count: counts[slot], similarity)
            values.append(gathered(kept, ofSlot: slot))
            renumbering.append(numbers(after: kept, slot: slot, similarity))
        }
        var assignment = assignment
        for position in assignment.units.indices {
            assignment.units[position] = renumbering[position % counts.count][Int(assignment.units[position])]
        }
        let tables = try UnitTables(
            shape: tables.shape,
            unitCounts: counts,
            copies: tables.copies,
            factorType: tables.factorType,
            values: values
        )
        return (tables, assignment)
    }

    /// The units that stay, ascending: the least useful one goes, then the least useful of the others.
    private func keptUnits(ofSlot slot: Int, count: Int, _ similarity: Matrix) -> [Int] {
        let energy = energy(ofSlot: slot)
        var kept = Array(0..<tables.unitCounts[slot])
        while kept.count > count {
            let uses = kept.map { unit in
                let nearest = kept.reduce(Float(0)) { $1 == unit ? $0 : max($0, similarity[unit, $1]) }
                return energy[unit] * (1 - nearest)
            }
            let least = uses.indices.min { uses[$0] < uses[$1] } ?? 0
            kept.remove(at: least)
        }
        return kept
    }

    /// For each unit the number it, or the unit most like it among those kept, gets.
    private func numbers(after kept: [Int], slot: Int, _ similarity: Matrix) -> [UInt32] {
        (0..<tables.unitCounts[slot]).map { unit in
            let number = kept.indices.max { a, b in
                // A kept unit is most like itself, whatever rounding says.
                let (left, right) = (
                    kept[a] == unit ? 2 : similarity[unit, kept[a]], kept[b] == unit ? 2 : similarity[unit, kept[b]]
                )
                return left < right
            }
            return UInt32(number ?? 0)
        }
    }

    /// Squared cosines between the units of a slot, all copies side by side, `[units, units]`.
    private func similarity(ofSlot slot: Int) -> Matrix {
        let units = tables.unitCounts[slot]
        let vectors = gathered(Array(0..<units), ofSlot: slot, unitFirst: true)
        let table = Matrix(rows: units, columns: vectors.count / units, elements: vectors)
        var similarity = Matrix.product(table, table, transposingSecond: true)
        let norms = (0..<units).map { similarity[$0, $0] }
        for a in 0..<units {
            for b in 0..<units {
                let product = norms[a] * norms[b]
                similarity[a, b] = product > 0 ? similarity[a, b] * similarity[a, b] / product : 0
            }
        }
        return similarity
    }

    /// For each unit the sum of gain² · |product|² over the senses that it fills.
    private func energy(ofSlot slot: Int) -> [Float] {
        let norms = (0..<tables.shape.order).map { other in
            let units = tables.unitCounts[other]
            let vectors = gathered(Array(0..<units), ofSlot: other, unitFirst: true)
            let length = vectors.count / units
            return (0..<units).map { unit in
                vectors[unit * length..<(unit + 1) * length].reduce(Float(0)) { $0 + $1 * $1 }
            }
        }
        var energy = [Float](repeating: 0, count: tables.unitCounts[slot])
        let order = assignment.order
        for token in tokens {
            for sense in assignment.senses(of: token) {
                var product = assignment.gains[sense] * assignment.gains[sense]
                for other in 0..<order { product *= norms[other][Int(assignment.units[sense * order + other])] }
                energy[Int(assignment.units[sense * order + slot])] += product
            }
        }
        return energy
    }

    /// The vectors of `units`: copy after copy as tables lie, or unit after unit with its copies side by side.
    private func gathered(_ units: [Int], ofSlot slot: Int, unitFirst: Bool = false) -> [Float] {
        let (table, size) = (tables.table(ofSlot: slot), tables.shape.slotSizes[slot])
        func vector(_ copy: Int, _ unit: Int) -> ArraySlice<Float> {
            let first = (copy * tables.unitCounts[slot] + unit) * size
            return table[first..<first + size]
        }
        if unitFirst { return units.flatMap { unit in (0..<tables.copies).flatMap { vector($0, unit) } } }
        return (0..<tables.copies).flatMap { copy in units.flatMap { vector(copy, $0) } }
    }
}
