// swift-format-ignore-file: NeverForceUnwrap
// The addresses unwrapped here are of arrays that are never empty: slots and units are at least one.

import LinearAlgebra

/// The normal equations of a slot's table: unknown x[copy, unit] ∈ R^q, one product for each sense and copy.
///
/// With several slots (of one shared table) they are those of the problem linearised at the present table.
struct NormalEquations: Sendable {
    let tables: UnitTables
    let assignment: SenseAssignment
    let target: FitTarget
    let slots: [Int]
    private let fold: Fold

    init(_ tables: UnitTables, _ assignment: SenseAssignment, _ target: FitTarget, slots: [Int]) {
        (self.tables, self.assignment, self.target, self.slots) = (tables, assignment, target, slots)
        fold = Fold(tables.shape)
    }

    private var units: Int { tables.unitCounts[slots[0]] }
    private var size: Int { tables.shape.slotSizes[slots[0]] }
    private var unknowns: Int { tables.copies * units }

    /// Calls `body` with each token's residual, target less present sum, folded.
    func forEachResidual(of tokens: ArraySlice<Int>, _ body: (Int, inout [Float]) -> Void) {
        var head = [Float](repeating: 0, count: fold.longestCofactor)
        tables.withVectors { vector in
            for token in tokens {
                var residual = target.rows(CollectionOfOne(token), length: fold.productLength).elements
                for sense in assignment.senses(of: token) {
                    for copy in 0..<tables.copies {
                        fold.addProduct(to: &residual, gain: -assignment.gains[sense], &head) {
                            vector($0, unit(sense, $0), copy)
                        }
                    }
                }
                body(token, &residual)
            }
        }
    }

    /// The right-hand side at the present table, in the table's layout, and for each unknown vector the sum of its
    /// squared cofactors.
    func gradient(over tokens: [Int]) -> (gradient: [Float], diagonal: [Float]) {
        let sums = sum(over: tokens, count: unknowns * (size + 1)) { range, sums in
            let diagonal = unknowns * size
            var contraction = [Float](repeating: 0, count: size)
            forEachResidual(of: tokens[range]) { token, residual in
                let weight = target.weights[token]
                forEachCofactor(of: token) { slot, unknown, cofactor, length in
                    for x in 0..<size { contraction[x] = 0 }
                    fold.addContraction(&contraction, of: residual, slot: slot, with: cofactor)
                    for x in 0..<size { sums[unknown * size + x] += weight * contraction[x] }
                    sums[diagonal + unknown] += weight * dot(cofactor, cofactor, count: length)
                }
            }
        }
        return (Array(sums[..<(unknowns * size)]), Array(sums[(unknowns * size)...]))
    }

    /// The matrix of the equations for one slot, `[unknowns, unknowns]`; it is the same for each of the q dimensions.
    func gram(over tokens: [Int]) -> Matrix {
        let sums = sum(over: tokens, count: unknowns * unknowns) { range, sums in
            var numbers: [Int] = []
            var cofactors: [Float] = []
            for token in tokens[range] {
                let weight = target.weights[token]
                var length = 0
                numbers.removeAll(keepingCapacity: true)
                cofactors.removeAll(keepingCapacity: true)
                forEachCofactor(of: token) { _, unknown, cofactor, count in
                    length = count
                    numbers.append(unknown)
                    cofactors += UnsafeBufferPointer(start: cofactor, count: count)
                }
                cofactors.withUnsafeBufferPointer { buffer in
                    guard let base = buffer.baseAddress else { return }
                    for (a, first) in numbers.enumerated() {
                        for (b, second) in numbers[...a].enumerated() {
                            let product = weight * dot(base + a * length, base + b * length, count: length)
                            sums[first * unknowns + second] += product
                            if a != b { sums[second * unknowns + first] += product }
                        }
                    }
                }
            }
        }
        return Matrix(rows: unknowns, columns: unknowns, elements: sums)
    }

    /// The product of the equations' matrix with `direction`, which has the table's layout, without forming the matrix.
    func applied(to direction: [Float], over tokens: [Int]) -> [Float] {
        sum(over: tokens, count: direction.count) { range, sums in
            var change = [Float](repeating: 0, count: fold.productLength)
            for token in tokens[range] {
                let weight = target.weights[token]
                for x in change.indices { change[x] = 0 }
                forEachCofactor(of: token) { slot, unknown, cofactor, _ in
                    direction.withUnsafeBufferPointer {
                        fold.addExpansion(&change, of: $0.baseAddress! + unknown * size, slot: slot, with: cofactor)
                    }
                }
                forEachCofactor(of: token) { slot, unknown, cofactor, _ in
                    var contraction = [Float](repeating: 0, count: size)
                    fold.addContraction(&contraction, of: change, slot: slot, with: cofactor)
                    for x in 0..<size { sums[unknown * size + x] += weight * contraction[x] }
                }
            }
        }
    }

    /// Calls `body` for each sense, copy and slot of `token` with the number of the unknown vector and its cofactor.
    private func forEachCofactor(
        of token: Int,
        _ body: (_ slot: Int, _ unknown: Int, _ cofactor: UnsafePointer<Float>, _ length: Int) -> Void
    ) {
        var cofactor = [Float](repeating: 0, count: fold.longestCofactor)
        tables.withVectors { vector in
            for sense in assignment.senses(of: token) {
                for slot in slots {
                    for copy in 0..<tables.copies {
                        fold.setCofactor(&cofactor, of: slot, gain: assignment.gains[sense]) {
                            vector($0, unit(sense, $0), copy)
                        }
                        body(slot, copy * units + unit(sense, slot), cofactor, fold.productLength / fold.sizes[slot])
                    }
                }
            }
        }
    }

    private func unit(_ sense: Int, _ slot: Int) -> Int { Int(assignment.units[sense * assignment.order + slot]) }

    /// Sums of `count` numbers over chunks of the tokens, added up in order. The number of chunks depends only on the
    /// sizes: enough to share the work, few enough that the partial sums stay below 64 MiB.
    private func sum(over tokens: [Int], count: Int, _ add: @Sendable (Range<Int>, inout [Float]) -> Void) -> [Float] {
        let chunks = max(1, min(16, (1 << 24) / max(count, 1)))
        let parts = Parallel.mapChunks(of: tokens.count, size: max(1, (tokens.count + chunks - 1) / chunks)) { range in
            var sums = [Float](repeating: 0, count: count)
            add(range, &sums)
            return sums
        }
        var total = [Float](repeating: 0, count: count)
        for part in parts { for i in total.indices { total[i] += part[i] } }
        return total
    }
}
