import Entanglement
import LinearAlgebra
import Synchronization
import TestSupport
import Testing

@Suite struct FitTests {
    private func noise(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
        var random = SplitMix64(seed: seed)
        return Matrix(rows: rows, columns: columns, elements: (0..<rows * columns).map { _ in random.normal() })
    }

    private func plan(
        _ dimension: Int,
        order: Int,
        units: Int,
        rank: Int,
        gainBits: Int = 0,
        copies: Int = 1,
        factorType: FactorType = .float32
    ) throws -> EntanglementPlan {
        let shape = try EntanglementShape(dimension: dimension, order: order)
        return EntanglementPlan(
            shape: shape,
            unitCounts: Array(repeating: units, count: order),
            copies: copies,
            rank: rank,
            gainBits: gainBits,
            factorType: factorType
        )
    }

    @Test(arguments: [1, 2, 3, 4])
    func learnedCodesBeatRandomOnes(order: Int) throws {
        let table = noise(300, 36, seed: 1)
        for gainBits in [0, 6] {
            let plan = try plan(36, order: order, units: 12, rank: 3, gainBits: gainBits)
            let learned = try EntanglementFit(table: table, plan: plan)
            let random = try EntanglementFit(table: table, plan: plan, codes: .random)
            #expect(learned.embedding.byteCount == random.embedding.byteCount)
            #expect(learned.relativeError < random.relativeError)
            #expect(learned.relativeError < 0.95)
        }
    }

    /// With the codes known and twice the rank, least squares finds a planted table.
    @Test func recoversPlantedTablesFromTheirCodes() throws {
        let (table, codes) = try TestEmbedding.planted(tokens: 800, dimension: 48, units: 10, rank: 2, seed: 11)
        let spare = try SenseCodes.random(tokenCount: 800, rank: 2, unitCounts: [10, 10], seed: 3)
        let units = (0..<800).flatMap { codes.units(of: $0) + spare.units(of: $0) }
        let given = try SenseCodes(ranks: Array(repeating: 4, count: 800), unitCounts: [10, 10], units: units)
        var plan = try plan(48, order: 2, units: 10, rank: 0)
        plan.gainBits = 8
        let fit = try EntanglementFit(
            table: table,
            plan: plan,
            codes: .given(given),
            options: FitOptions(rounds: 60, tolerance: 1e-9)
        )
        #expect(fit.relativeError < 0.01)
    }

    @Test func weightedErrorNeverRises() throws {
        let table = noise(200, 24, seed: 5)
        let weights = (0..<200).map { 1 / Float($0 + 1) }
        for codes in [CodeSource.learned, .random] {
            let errors = Mutex<[Double]>([])
            let options = FitOptions(rounds: 6, tolerance: 0) { progress in
                if progress.step.hasPrefix("round") { errors.withLock { $0.append(progress.weightedRelativeError) } }
                return true
            }
            let plan = try plan(24, order: 2, units: 8, rank: 3)
            _ = try EntanglementFit(table: table, weights: weights, plan: plan, codes: codes, options: options)
            let history = errors.withLock { $0 }
            #expect(history.count > 2)
            for (before, after) in zip(history, history.dropFirst()) { #expect(after <= before * (1 + 1e-5)) }
        }
    }

    @Test func weightsMoveTheErrorToRareTokens() throws {
        let table = noise(300, 24, seed: 6)
        let weights = (0..<300).map { $0 < 100 ? Float(30) : 1 }
        let plan = try plan(24, order: 2, units: 6, rank: 3)
        let plain = try EntanglementFit(table: table, plan: plan)
        let weighted = try EntanglementFit(table: table, weights: weights, plan: plan)
        let of = { (fit: EntanglementFit) in fit.embedding.relativeErrors(against: table, weights: weights).weighted }
        #expect(of(weighted) < of(plain))
    }

    @Test(arguments: [0, 4])
    func isTheSameWithOneThread(gainBits: Int) throws {
        let table = noise(150, 20, seed: 8)
        let plan = try plan(20, order: 2, units: 9, rank: 2, gainBits: gainBits, copies: 2, factorType: .q8_0)
        try KernelPaths.unchanged {
            let two = try Parallel.$workers.withValue(3) { try EntanglementFit(table: table, plan: plan).embedding }
            let one = try Parallel.$workers.withValue(1) { try EntanglementFit(table: table, plan: plan).embedding }
            #expect(one == two)
        }
    }

    @Test func fitsASharedTable() throws {
        let table = noise(200, 16, seed: 2)
        let shape = try EntanglementShape(dimension: 16, order: 2)
        let plan = EntanglementPlan(shape: shape, unitCounts: [20], copies: 3, isShared: true, rank: 2)
        let few = try EntanglementFit(table: table, plan: plan, codes: .random, options: FitOptions(rounds: 1))
        let many = try EntanglementFit(table: table, plan: plan, codes: .random, options: FitOptions(rounds: 12))
        #expect(many.relativeError < few.relativeError && many.relativeError < 0.95)
        #expect(many.embedding.tables.isShared)
    }

    @Test func learnedSensesFollowGivenOnes() throws {
        let table = noise(120, 16, seed: 4)
        let given = try SenseCodes.random(tokenCount: 120, rank: 1, unitCounts: [10, 10], seed: 4)
        let plan = try plan(16, order: 2, units: 10, rank: 2)
        let fit = try EntanglementFit(table: table, plan: plan, codes: .given(given))
        for token in 0..<120 {
            let units = fit.embedding.codes.units(of: token)
            #expect(units.count == 6 && Array(units.prefix(2)) == given.units(of: token))
        }
    }

    @Test func stopsWhenAsked() throws {
        let options = FitOptions { _ in false }
        #expect {
            try EntanglementFit(
                table: self.noise(50, 12, seed: 1),
                plan: plan(12, order: 2, units: 4, rank: 1),
                options: options
            )
        } throws: { ($0 as? EntanglementError)?.kind == .cancelled }
    }

    @Test func refusesTablesThatCannotBeFitted() throws {
        let plan = try plan(12, order: 2, units: 4, rank: 1)
        var table = noise(20, 12, seed: 1)
        #expect(throws: EntanglementError.self) { try EntanglementFit(table: noise(20, 13, seed: 1), plan: plan) }
        #expect(throws: EntanglementError.self) { try EntanglementFit(table: table, weights: [1], plan: plan) }
        let negative = Array(repeating: Float(-1), count: 20)
        #expect(throws: EntanglementError.self) { try EntanglementFit(table: table, weights: negative, plan: plan) }
        table[3, 4] = .nan
        #expect(throws: EntanglementError.self) { try EntanglementFit(table: table, plan: plan) }
        let none = try EntanglementFit(table: Matrix(rows: 0, columns: 12), plan: plan)
        #expect(none.embedding.tokenCount == 0)
    }
}
