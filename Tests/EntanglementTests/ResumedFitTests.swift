import Entanglement
import LinearAlgebra
import Synchronization
import TestSupport
import Testing

/// A fit that goes on from any of its steps gives the bits of one that never stopped.
@Suite struct ResumedFitTests {
    private final class Kept: Sendable {
        private let states = Mutex<[[UInt8]]>([])
        func add(_ state: [UInt8]) { states.withLock { $0.append(state) } }
        var all: [[UInt8]] { states.withLock { $0 } }
    }

    private static func noise(_ rows: Int, seed: UInt64) -> Matrix {
        var random = SplitMix64(seed: seed)
        return Matrix(rows: rows, columns: 24, elements: (0..<rows * 24).map { _ in random.normal() })
    }

    private static func table() -> Matrix { noise(160, seed: 9) }

    private static let plans = [
        EntanglementPlan.testPlan(units: [6, 6], copies: 1, rank: 3, gainBits: 4, type: .float16),
        .testPlan(units: [5, 7], copies: 2, rank: 2, gainBits: 0, type: .float32),
        .testPlan(units: [8, 8], copies: 1, rank: 2, gainBits: 3, type: .q8_0),
    ]

    @Test(arguments: plans.indices, [0.0, 0.5]) func everyStepCanBeGoneOnFrom(plan: Int, spare: Double) throws {
        try KernelPaths.unchanged { try goOnFromEveryStep(plan: plan, spare: spare) }
    }

    private func goOnFromEveryStep(plan: Int, spare: Double) throws {
        let (table, plan) = (Self.table(), Self.plans[plan])
        let kept = Kept()
        var options = FitOptions(rounds: 3, beamWidth: spare > 0 ? 2 : 1, spareUnits: spare)
        options.keep = { kept.add($0) }
        let whole = try EntanglementFit(table: table, plan: plan, options: options)
        let states = kept.all
        #expect(states.count > 5)
        options.keep = nil
        for state in states {
            options.resuming = state
            let resumed = try EntanglementFit(table: table, plan: plan, options: options)
            #expect(resumed.embedding.stored == whole.embedding.stored)
        }
        // From the last state nothing is left to do but the last sum.
        let steps = Kept()
        options.keep = { steps.add($0) }
        _ = try EntanglementFit(table: table, plan: plan, options: options)
        #expect(steps.all.isEmpty)
    }

    @Test func damagedStatesAreIgnored() throws {
        try KernelPaths.unchanged(ignoreDamagedStates)
    }

    private func ignoreDamagedStates() throws {
        let (table, plan) = (Self.table(), Self.plans[0])
        let kept = Kept()
        var options = FitOptions(rounds: 2)
        options.keep = { kept.add($0) }
        let whole = try EntanglementFit(table: table, plan: plan, options: options)
        options.keep = nil
        let state = kept.all[2]
        var lengths = Array(stride(from: 0, to: state.count, by: 97))
        lengths.append(state.count - 1)
        for length in lengths {
            options.resuming = Array(state[..<length])
            #expect(try EntanglementFit(table: table, plan: plan, options: options).embedding == whole.embedding)
        }
        options.resuming = state + [0]
        #expect(try EntanglementFit(table: table, plan: plan, options: options).embedding == whole.embedding)
        // A state of other sizes.
        let other = Kept()
        options.resuming = nil
        options.keep = { other.add($0) }
        _ = try EntanglementFit(table: Self.noise(90, seed: 3), plan: plan, options: options)
        options.keep = nil
        options.resuming = other.all[2]
        #expect(try EntanglementFit(table: table, plan: plan, options: options).embedding == whole.embedding)
    }
}

extension EntanglementPlan {
    fileprivate static func testPlan(
        units: [Int],
        copies: Int,
        rank: Int,
        gainBits: Int,
        type: FactorType
    ) -> EntanglementPlan {
        // A fold that exists; the tests' dimension is fixed.
        guard let shape = try? EntanglementShape(dimension: 24, slotSizes: [4, 6]) else { preconditionFailure() }
        return EntanglementPlan(
            shape: shape,
            unitCounts: units,
            copies: copies,
            rank: rank,
            gainBits: gainBits,
            factorType: type
        )
    }
}
