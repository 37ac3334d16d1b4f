import LinearAlgebra
import TestSupport
import Testing

@testable import Entanglement

/// Factors in training: rows are those of the stored embedding, gradients those of differences.
@Suite struct TrainableFactorsTests {
    struct Form: Sendable, CustomTestStringConvertible {
        var dimension = 24
        var slots = [4, 6]
        var copies = 1
        var isShared = false
        var hasGains = true
        var hasMean = true
        var testDescription: String { "\(dimension) \(slots) ×\(copies)\(isShared ? " shared" : "")" }
    }

    static let forms = [
        Form(), Form(slots: [2, 3, 4], copies: 2), Form(dimension: 23, slots: [5, 5], isShared: true),
        Form(dimension: 10, slots: [10], hasGains: false, hasMean: false),
        Form(dimension: 50, slots: [3, 3, 3, 2], hasMean: false),
        Form(dimension: 16, slots: [4, 4], copies: 3, isShared: true, hasGains: false),
    ]

    /// Tokens of every rank, and a unit that all of them have.
    private func factors(_ form: Form, tokens: Int = 700) throws -> TrainableFactors {
        var random = SplitMix64(seed: 9)
        let shape = try EntanglementShape(dimension: form.dimension, slotSizes: form.slots)
        let counts = form.slots.indices.map { form.isShared ? 30 : 20 + 5 * $0 }
        let ranks = (0..<tokens).map { $0 % 4 }
        let units = ranks.flatMap { rank in
            (0..<rank).flatMap { sense in counts.map { UInt32(sense == 0 ? 0 : random.below($0)) } }
        }
        let sizes = try UnitTables.tableSizes(
            shape: shape,
            unitCounts: counts,
            copies: form.copies,
            isShared: form.isShared
        )
        let tables = try UnitTables(
            shape: shape,
            unitCounts: counts,
            copies: form.copies,
            isShared: form.isShared,
            values: sizes.map { size in (0..<size).map { _ in random.normal() } }
        )
        let codes = try SenseCodes(ranks: ranks, unitCounts: counts, units: units)
        let values = (0..<codes.senseCount).map { _ in random.normal() }
        let gains =
            form.hasGains
            ? SenseGains(bits: 8, levels: LogarithmicLevels(fitting: values, count: 128), rounding: values) : nil
        let mean = form.hasMean ? (0..<form.dimension).map { _ in random.normal() } : nil
        return TrainableFactors(try EntangledEmbedding(tables: tables, codes: codes, gains: gains, mean: mean))
    }

    private func values(_ factors: TrainableFactors) -> Matrix {
        var values = Matrix(rows: 1, columns: factors.count)
        values.withMutableView { factors.fill($0.base) }
        return values
    }

    private func table(_ factors: TrainableFactors, _ values: Matrix, tokens: [Int]? = nil) -> Matrix {
        var table = Matrix(rows: factors.tokenCount, columns: factors.dimension)
        values.withView { values in table.withMutableView { factors.write(values, tokens: tokens, to: $0) } }
        return table
    }

    private func gradient(_ factors: TrainableFactors, _ values: Matrix, _ table: Matrix, rows: [Int]? = nil) -> Matrix
    {
        var gradient = Matrix(rows: 1, columns: factors.count)
        table.withView { table in
            values.withView { values in
                gradient.withMutableView { factors.addGradient(of: table, rows: rows, values, to: $0) }
            }
        }
        return gradient
    }

    @Test(arguments: forms) func rowsAreThoseOfTheEmbedding(form: Form) throws {
        let factors = try factors(form)
        let values = values(factors)
        #expect(table(factors, values) == factors.embedding.dense)
        let some = table(factors, values, tokens: [3, 698, 10])
        for token in 0..<factors.tokenCount {
            let expected =
                [3, 698, 10].contains(token)
                ? factors.embedding.vector(ofToken: token) : Array(repeating: 0, count: form.dimension)
            #expect(Array(some.row(token)) == expected)
        }
        let stored = try values.elements.withUnsafeBufferPointer { try factors.stored(#require($0.baseAddress)) }
        #expect(stored.tables == factors.embedding.tables && stored.codes == factors.embedding.codes)
        #expect(stored.mean == factors.embedding.mean)
    }

    /// Σ G ⊙ E is linear in the numbers of one part: a difference of it is exact but for rounding.
    @Test(arguments: forms) func gradientsAreSlopes(form: Form) throws {
        let factors = try factors(form)
        let start = values(factors)
        var random = SplitMix64(seed: 4)
        let outer = Matrix(
            rows: factors.tokenCount,
            columns: form.dimension,
            elements: (0..<factors.tokenCount * form.dimension).map { _ in random.normal() }
        )
        func loss(_ values: Matrix) -> Double {
            zip(outer.elements, table(factors, values).elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        let found = gradient(factors, start, outer)
        var first = 0
        for part in factors.parts {
            let scale = found.elements[first..<first + part.count].reduce(0) { max($0, abs($1)) }
            for _ in 0..<12 {
                let index = first + random.below(part.count)
                func value(_ step: Float) -> Double {
                    var moved = start
                    moved.elements[index] += step
                    return loss(moved)
                }
                // A shared table may have a unit twice in a product, which is then not linear in it.
                let slope = (value(0.01) - value(-0.01)) / 0.02
                let difference = abs(Double(found.elements[index]) - slope)
                #expect(difference < 2e-3 * Double(scale), "\(part.name): \(found.elements[index]), \(slope)")
            }
            first += part.count
        }
    }

    @Test(arguments: forms) func rowsWithoutGradientMayBeLeftOut(form: Form) throws {
        let factors = try factors(form)
        let values = values(factors)
        var random = SplitMix64(seed: 5)
        var elements = [Float](repeating: 0, count: factors.tokenCount * form.dimension)
        let rows = [2, 3, 7, 301, 650]
        for row in rows {
            for column in 0..<form.dimension { elements[row * form.dimension + column] = random.normal() }
        }
        let outer = Matrix(rows: factors.tokenCount, columns: form.dimension, elements: elements)
        let whole = gradient(factors, values, outer)
        let some = gradient(factors, values, outer, rows: rows)
        let scale = whole.elements.reduce(0) { max($0, abs($1)) }
        for (a, b) in zip(whole.elements, some.elements) { #expect(abs(a - b) < 1e-5 * scale) }
    }

    @Test func threadsChangeNoBit() throws {
        let factors = try factors(Form(slots: [2, 3, 4], copies: 2), tokens: 3000)
        let values = values(factors)
        let table = table(factors, values)
        KernelPaths.unchanged {
            let one = Parallel.$workers.withValue(1) { gradient(factors, values, table) }
            #expect(Parallel.$workers.withValue(3) { gradient(factors, values, table) } == one)
        }
    }
}
