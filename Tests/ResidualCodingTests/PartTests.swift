import LinearAlgebra
import Testing

@testable import ResidualCoding

@Suite struct PartTests {
    @Test func tablesAddUpAndComeBack() throws {
        var random = SplitMix64(seed: 6)
        let classes = 15...44
        let probabilities = (0..<2 * classes.count * SymbolTables.symbolCount).map { _ in
            Double(random.uniform() * random.uniform()) + (random.below(5) == 0 ? 0 : 1e-7)
        }
        let tables = SymbolTables(
            classes: classes,
            probabilities: probabilities,
            centroids: (0..<8 * classes.count).map { _ in Double(random.uniform() - 0.5) * 3 }
        )
        for first in stride(from: 0, to: tables.starts.count, by: SymbolTables.symbolCount + 1) {
            let row = tables.starts[first..<first + SymbolTables.symbolCount + 1]
            #expect(row.first == 0 && row.last == 1 << 15)
            #expect(zip(row, row.dropFirst()).allSatisfy { $0 < $1 })
        }
        var encoder = RangeEncoder()
        tables.encode(into: &encoder)
        let back = try encoder.finish().bytes.withDecoder(from: 0) { decoder throws(ResidualCodingError) in
            try SymbolTables(from: &decoder)
        }
        #expect(back == tables)
    }

    @Test(arguments: [1, 2, 3, 33, 70])
    func reflectionsAreOrthogonalAndNearTheirTargets(size: Int) throws {
        let source = TestMatrix.random(rows: 3 * size, columns: size)
        let eigen = try SymmetricEigen(.gram(of: source))
        let axes = eigen.leadingVectors(size)
        let plan = ReflectionPlan(count: max(0, size - 1), fineness: 40)
        let reflections = Reflections(towards: axes, plan: plan)
        let basis = reflections.basis(of: Array(0..<size))
        let product = Matrix.product(basis, basis, transposingSecond: true)
        for i in 0..<size { for j in 0..<size { #expect(abs(product[i, j] - (i == j ? 1 : 0)) < 1e-5) } }
        for k in 0..<plan.count {
            let cosine = basis.withRow(k) { a in axes.withRow(k) { preciseDot(a, $0) } }
            #expect(abs(cosine) > 0.99)
        }
        // Some axes alone are the same as among all.
        let some = reflections.basis(of: [size - 1])
        for column in 0..<size { #expect(abs(some[0, column] - basis[size - 1, column]) < 1e-6) }

        var encoder = RangeEncoder()
        reflections.encode(into: &encoder)
        let back = try encoder.finish().bytes.withDecoder(from: 0) { decoder throws(ResidualCodingError) in
            try Reflections(size: size, count: plan.count, fineness: 40, from: &decoder)
        }
        #expect(back == reflections)
    }

    @Test(arguments: [true, false])
    func indicesComeBack(hasGains: Bool) throws {
        var random = SplitMix64(seed: 8)
        let count = 400
        let index = RowIndex(
            gains: hasGains ? (0..<count).map { _ in Int8(random.below(41) - 20) } : [],
            magnitudes: (0..<count).map { _ in UInt8(random.below(32)) },
            lengths: (0..<count).map { _ in random.below(1 << random.below(20)) },
            lengthUnit: 3
        )
        let back = try index.encoded.withDecoder(from: 0) { decoder throws(ResidualCodingError) in
            try RowIndex(count: count, hasGains: hasGains, lengthUnit: 3, from: &decoder)
        }
        #expect(back == index)
    }

    @Test func gainsFollowWeights() {
        #expect(RowGains.gains(for: [2, 2, 2]).isEmpty)
        // A weight four times as large halves the step: two half octaves.
        #expect(RowGains.gains(for: [1, 4, 16]) == [-2, 0, 2])
        #expect(
            RowGains.gains(for: [.leastNonzeroMagnitude, 1, .greatestFiniteMagnitude]).allSatisfy { abs($0) <= 20 }
        )
    }

    @Test func plansStoreMoreAxesAtHigherRates() {
        let variances = (0..<200).map { 1 / Double(1 + $0) }
        let plans = [1e-1, 1e-2, 1e-3, 1e-5].map { ReflectionPlan(variances: variances, rowCount: 20000, level: $0) }
        for (coarse, fine) in zip(plans, plans.dropFirst()) {
            #expect(coarse.count <= fine.count && coarse.fineness <= fine.fineness && coarse.rate < fine.rate)
        }
        #expect(ReflectionPlan(variances: variances, rowCount: 1, level: 1e-3).count == 0)
        // Nothing is gained by turning a sphere.
        let sphere = ReflectionPlan(variances: Array(repeating: 1, count: 50), rowCount: 100_000, level: 0.01)
        #expect(sphere.count == 0)
    }
}
