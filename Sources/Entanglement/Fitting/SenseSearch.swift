// swift-format-ignore-file: NeverForceUnwrap
// The addresses unwrapped here are of arrays that are never empty: slots and units are at least one.

import LinearAlgebra

/// Finds, for a block of residuals, the units whose product explains most of each: coordinate ascent over the slots.
///
/// The start is the best product of free vectors (alternating power method); its first vector is matched against all
/// units of slot 1, the best few of which become candidates, and each candidate is then improved slot by slot, over all
/// units of that slot, by matrix products for the whole block.
struct SenseSearch: Sendable {
    /// How a sense may be scaled: freely, or not at all.
    enum Gain: Sendable {
        case one
        case free
    }

    /// What was found for one residual r: with p the product of the units, `gain` is 1 or ⟨r,p⟩/⟨p,p⟩, and
    /// `improvement` is ‖r‖² − ‖r − gain·p‖².
    struct Found: Sendable {
        var units: [UInt32]
        var gain: Float
        var improvement: Float
    }

    let fold: Fold
    let gain: Gain
    let candidates: Int
    let sweeps: Int
    private let tables: UnitTables
    private let copies: Int
    /// For each slot the units' vectors, copies side by side: `[units, copies · size]`.
    private let vectors: [Matrix]
    /// For each slot and unit the products between its copies: `[units, copies²]`.
    private let grams: [Matrix]
    /// For each slot and unit 1 / |vector|², where there is one copy.
    private let inverses: [[Float]]
    /// The units' vectors of slot 1, summed over copies, which share their start; and 1 / |sum|².
    private let sums: Matrix
    private let sumInverses: [Float]

    init(tables: UnitTables, gain: Gain, candidates: Int = 4, sweeps: Int = 1) {
        fold = Fold(tables.shape)
        (self.gain, self.candidates, self.sweeps, self.tables) = (gain, candidates, sweeps, tables)
        copies = tables.copies
        let copies = tables.copies
        vectors = (0..<tables.shape.order).map { slot in
            let (size, units) = (tables.shape.slotSizes[slot], tables.unitCounts[slot])
            let table = tables.table(ofSlot: slot)
            var vectors: [Float] = []
            for unit in 0..<units {
                for copy in 0..<copies {
                    let first = (copy * units + unit) * size
                    vectors += table[first..<first + size]
                }
            }
            return Matrix(rows: units, columns: copies * size, elements: vectors)
        }
        grams = zip(vectors, tables.shape.slotSizes).map { vectors, size in
            var gram: [Float] = []
            for unit in 0..<vectors.rows {
                let row = Array(vectors.row(unit))
                for a in 0..<copies {
                    for b in 0..<copies {
                        var sum: Float = 0
                        for x in 0..<size { sum += row[a * size + x] * row[b * size + x] }
                        gram.append(sum)
                    }
                }
            }
            return Matrix(rows: vectors.rows, columns: copies * copies, elements: gram)
        }
        inverses = copies == 1 ? grams.map { Self.inverses(of: $0.elements) } : []
        let (size, units) = (tables.shape.slotSizes[0], tables.unitCounts[0])
        let table = tables.table(ofSlot: 0)
        var sums = Array(table[..<(units * size)])
        for copy in 1..<max(copies, 1) { for x in sums.indices { sums[x] += table[copy * sums.count + x] } }
        self.sums = Matrix(rows: units, columns: size, elements: sums)
        sumInverses = Self.inverses(
            of: (0..<units).map { sums[$0 * size..<($0 + 1) * size].reduce(Float(0)) { $0 + $1 * $1 } }
        )
    }

    private static func inverses(of norms: some Collection<Float>) -> [Float] { norms.map { 1 / ($0 + leastNorm) } }

    /// Keeps quotients by the norm of a unit of no length finite.
    private static let leastNorm: Float = 1e-30

    /// The residuals that are searched at once, so that their scores stay in the cache.
    var blockRows: Int { max(4, min(64, (1 << 17) / (candidates * (tables.unitCounts.max() ?? 1)))) }

    /// The best units for each of `residuals` `[rows, product length]`; `incumbents`, where given, take part as
    /// candidates, so that what is found is never worse.
    func search(_ residuals: Matrix, incumbents: [[UInt32]]? = nil) -> [Found] {
        var state = candidates(for: residuals, incumbents: incumbents)
        sweep(&state, residuals)
        return (0..<residuals.rows).map { row in
            let lines = row * state.width..<(row + 1) * state.width
            return state.found(lines.max { state.improvements[$0] < state.improvements[$1] } ?? 0)
        }
    }

    /// Several choices for each of `residuals`: every candidate as it began, and what it led to.
    func searchAll(_ residuals: Matrix) -> [[Found]] {
        let first = candidates(for: residuals, incumbents: nil)
        var last = first
        sweep(&last, residuals)
        return (0..<residuals.rows).map { row in
            let lines = row * first.width..<(row + 1) * first.width
            return lines.map(last.found) + lines.map(first.found)
        }
    }

    /// Improves every candidate slot by slot.
    private func sweep(_ state: inout Candidates, _ residuals: Matrix) {
        for _ in 0..<sweeps where fold.order > 1 {
            for slot in 0..<fold.order { improve(slot, &state, residuals, chosen: fold.order, []) }
        }
    }

    private func candidates(for residuals: Matrix, incumbents: [[UInt32]]?) -> Candidates {
        let starts = free(residuals)
        let first = matched(starts.first ?? Matrix(rows: 0, columns: 0))
        let width = first.first.map { $0.count + (incumbents == nil ? 0 : 1) } ?? 0
        var state = Candidates(rows: residuals.rows, width: width, order: fold.order)
        for row in 0..<residuals.rows {
            for (i, unit) in first[row].enumerated() { state.units[(row * width + i) * fold.order] = Int(unit) }
            if let incumbents {
                for slot in 0..<fold.order {
                    state.units[(row * width + width - 1) * fold.order + slot] = Int(incumbents[row][slot])
                }
            }
        }
        if fold.order == 1 { improve(0, &state, residuals, chosen: 1, starts) }
        for slot in 1..<max(fold.order, 1) { improve(slot, &state, residuals, chosen: slot, starts, incumbents != nil) }
        return state
    }

    /// Several tuples for each row, in rows · width lines.
    private struct Candidates {
        let width: Int
        let order: Int
        var units: [Int]
        var gains: [Float]
        var improvements: [Float]

        init(rows: Int, width: Int, order: Int) {
            (self.width, self.order) = (width, order)
            units = Array(repeating: 0, count: rows * width * order)
            gains = Array(repeating: 1, count: rows * width)
            improvements = Array(repeating: -.infinity, count: rows * width)
        }

        func found(_ line: Int) -> Found {
            let tuple = units[line * order..<(line + 1) * order].map { UInt32($0) }
            return Found(units: tuple, gain: gains[line], improvement: improvements[line])
        }
    }

    /// The best product of free unit-length vectors for each residual, one matrix `[rows, size]` a slot.
    private func free(_ residuals: Matrix) -> [Matrix] {
        var result = fold.sizes.map { _ in [Float]() }
        var cofactor = [Float](repeating: 0, count: fold.longestCofactor)
        residuals.elements.withUnsafeBufferPointer { elements in
            guard let base = elements.baseAddress else { return }
            for row in 0..<residuals.rows {
                let residual = base + row * fold.productLength
                var vectors = fold.start(of: residual)
                for _ in 0..<(fold.order == 1 ? 1 : 4) {
                    for slot in fold.sizes.indices.reversed() {
                        fold.improve(&vectors, slot: slot, on: residual, &cofactor)
                    }
                }
                for slot in fold.sizes.indices { result[slot] += vectors[slot] }
            }
        }
        return zip(result, fold.sizes).map { Matrix(rows: residuals.rows, columns: $1, elements: $0) }
    }

    /// The units of slot 1 that best match each free vector, in either direction, best first.
    private func matched(_ starts: Matrix) -> [[UInt32]] {
        let units = tables.unitCounts[0]
        let width = min(candidates, units)
        guard fold.order > 1 else { return Array(repeating: [0], count: starts.rows) }
        var scores = Matrix.product(starts, sums, transposingSecond: true).elements
        return scores.withUnsafeMutableBufferPointer { scores in
            (0..<starts.rows).map { row in
                let line = scores.baseAddress! + row * units
                return (0..<width).map { _ in
                    let best = indexOfGreatestRatio(line, sumInverses, count: units)
                    // What is not a number is not found again.
                    line[best] = .nan
                    return UInt32(best)
                }
            }
        }
    }

    /// Chooses the unit of `slot` anew for every candidate, given those of the other slots: units for the first
    /// `chosen` slots, the free vectors for later ones.
    private func improve(
        _ slot: Int,
        _ state: inout Candidates,
        _ residuals: Matrix,
        chosen: Int,
        _ starts: [Matrix],
        _ hasIncumbent: Bool = false
    ) {
        let (lines, order, size) = (residuals.rows * state.width, fold.order, fold.sizes[slot])
        var contractions = [Float](repeating: 0, count: lines * copies * size)
        var weights = [Float](repeating: 0, count: lines * copies * copies)
        var cofactor = [Float](repeating: 0, count: fold.longestCofactor)
        tables.withVectors { vector in
            residuals.elements.withUnsafeBufferPointer { residual in
                contractions.withUnsafeMutableBufferPointer { target in
                    guard let residual = residual.baseAddress, let target = target.baseAddress else { return }
                    for line in 0..<lines {
                        let row = line / state.width
                        let isIncumbent = hasIncumbent && line % state.width == state.width - 1
                        let known = isIncumbent ? order : chosen
                        for copy in 0..<copies {
                            fold.setCofactor(&cofactor, of: slot, gain: 1) { other in
                                if other < known { return vector(other, state.units[line * order + other], copy) }
                                return starts[other].elements.withUnsafeBufferPointer {
                                    $0.baseAddress! + row * fold.sizes[other]
                                }
                            }
                            let target = target + (line * copies + copy) * size
                            fold.addContraction(
                                target,
                                of: residual + row * fold.productLength,
                                slot: slot,
                                with: cofactor
                            )
                        }
                        for pair in 0..<copies * copies {
                            var weight: Float = 1
                            for other in 0..<known where other != slot {
                                weight *=
                                    grams[other].elements[state.units[line * order + other] * copies * copies + pair]
                            }
                            weights[line * copies * copies + pair] = weight
                        }
                    }
                }
            }
        }
        let products = Matrix.product(
            Matrix(rows: lines, columns: copies * size, elements: contractions),
            vectors[slot],
            transposingSecond: true
        )
        // While a later slot is still free, so is the gain.
        choose(slot, &state, products.elements, weights, isFree: gain == .free || chosen < order - 1)
    }

    /// Gives every candidate the unit of `slot` with the best score; `weights` `[lines, copies²]` are the products of the
    /// other slots' Gram matrices.
    private func choose(
        _ slot: Int,
        _ state: inout Candidates,
        _ products: [Float],
        _ weights: [Float],
        isFree: Bool
    ) {
        let (units, order) = (tables.unitCounts[slot], fold.order)
        let gram = grams[slot].elements
        // With several copies a norm depends on how the other slots' copies lie to each other.
        let norms =
            copies == 1
            ? []
            : Matrix.product(
                Matrix(rows: weights.count / (copies * copies), columns: copies * copies, elements: weights),
                grams[slot],
                transposingSecond: true
            ).elements
        products.withUnsafeBufferPointer { products in
            for line in state.gains.indices {
                let first = products.baseAddress! + line * units
                let best: Int
                let norm: Float
                if copies == 1 {
                    // The other slots scale all norms of a line alike, which does not change the order of ratios.
                    best =
                        isFree
                        ? indexOfGreatestRatio(first, inverses[slot], count: units)
                        : indexOfGreatestDifference(first, gram, weight: weights[line], count: units)
                    norm = weights[line] * gram[best]
                } else {
                    let own = norms[line * units..<(line + 1) * units]
                    best = own.withUnsafeBufferPointer { own in
                        isFree
                            ? indexOfGreatestRatio(first, Self.inverses(of: own), count: units)
                            : indexOfGreatestDifference(first, own.baseAddress!, weight: 1, count: units)
                    }
                    norm = own[own.startIndex + best]
                }
                let product = first[best]
                state.units[line * order + slot] = best
                state.gains[line] = isFree ? product / (norm + Self.leastNorm) : 1
                state.improvements[line] = isFree ? product * product / (norm + Self.leastNorm) : 2 * product - norm
            }
        }
    }
}

extension Fold {
    /// A start for the power method: for each slot the fibre of `vector` through its greatest entry.
    func start(of vector: UnsafePointer<Float>) -> [[Float]] {
        var peak = 0
        for i in 1..<max(productLength, 1) where abs(vector[i]) > abs(vector[peak]) { peak = i }
        return sizes.indices.map { slot in
            let stride = sizes[(slot + 1)...].reduce(1, *)
            let first = peak - peak / stride % sizes[slot] * stride
            return normalized((0..<sizes[slot]).map { vector[first + $0 * stride] })
        }
    }

    /// Sets the vector of `slot` to the best one given the others, at unit length; returns what its length was.
    @discardableResult
    func improve(
        _ vectors: inout [[Float]],
        slot: Int,
        on vector: UnsafePointer<Float>,
        _ cofactor: inout [Float]
    ) -> Float {
        cofactor.withUnsafeMutableBufferPointer { buffer in
            setCofactor(buffer.baseAddress!, of: slot, gain: 1) { other in
                vectors[other].withUnsafeBufferPointer { $0.baseAddress! }
            }
        }
        var result = [Float](repeating: 0, count: sizes[slot])
        addContraction(&result, of: vector, slot: slot, with: cofactor)
        let length = result.reduce(0) { $0 + $1 * $1 }.squareRoot()
        vectors[slot] = normalized(result)
        return length
    }

    private func normalized(_ vector: [Float]) -> [Float] {
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 1e-30 else { return vector.indices.map { $0 == 0 ? 1 : 0 } }
        return vector.map { $0 / length }
    }
}
