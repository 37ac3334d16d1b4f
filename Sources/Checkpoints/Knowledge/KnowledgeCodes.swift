import Entanglement
import Lexicons
import LinearAlgebra

/// Codes from knowledge, and the form that spends a byte budget on them.
public struct KnowledgeCodes: Sendable {
    /// How much of a fit is left to knowledge.
    public enum Share: Sendable {
        /// All codes: as many tables as the budget holds, summed.
        case all(UnitComposer.Content)
        /// The same codes dealt to other tokens: the control that shows what the knowledge is worth.
        case shuffled
        /// One tuple a token; learned senses take the rest of the budget.
        case hybrid
    }

    /// The form.
    public let plan: EntanglementPlan
    /// The given senses.
    public let codes: SenseCodes
    /// The units behind the codes.
    public let tuples: UnitTuples

    /// Chooses the form for `budgetBytes` (nil for the units and copies asked for) and composes the codes.
    ///
    /// For knowledge alone: units are limited to a power of two, the largest whose tables and codes leave room for
    /// `leastCopies` tables, and the copies fill the budget. For the hybrid: the form that learned codes would get,
    /// with one sense less.
    /// - Throws: kind `infeasible` where nothing fits.
    public init(
        _ knowledge: VocabularyKnowledge,
        frequencies: TokenFrequencies,
        share: Share,
        dimension: Int,
        budgetBytes: Int?,
        order: Int?,
        units: Int?,
        rank: Int?,
        dealsSenses: Bool,
        gainBits: Int?,
        factorType: FactorType,
        seed: UInt64
    ) throws(EntanglementError) {
        let tokenCount = knowledge.analyses.count
        if case .hybrid = share {
            var plan = try EntanglementPlan(
                tokenCount: tokenCount,
                dimension: dimension,
                budgetBytes: budgetBytes,
                order: order,
                rank: rank.map { $0 + 1 },
                dealsSenses: dealsSenses,
                units: units,
                gainBits: gainBits,
                factorType: factorType
            )
            plan.rank = max(0, plan.rank - 1)
            plan.dealtSenses = plan.dealtSenses.map { max(0, $0 - tokenCount) }
            // A quarter of the units: more would be shaped by knowledge at the cost of what the learned senses need.
            let limit = (plan.unitCounts.min() ?? 2) / 4
            tuples = knowledge.tuples(
                frequencies: frequencies,
                UnitComposer.Options(
                    order: plan.shape.order,
                    unitLimit: limit,
                    mostSenses: 1,
                    mostTuples: 1,
                    content: .senses
                )
            )
            codes = try KnowledgeCodes.codes(tuples, unitCounts: plan.unitCounts, mostTuples: 1)
            self.plan = plan
            return
        }
        var content = UnitComposer.Content.senses
        if case .all(let chosen) = share { content = chosen }
        let shape = try EntanglementShape(dimension: dimension, order: order ?? (dimension < 4 ? 1 : 2))
        var best: (plan: EntanglementPlan, codes: SenseCodes, tuples: UnitTuples)?
        var least = Int.max
        for limit in units.map({ [$0] }) ?? KnowledgeCodes.unitLimits {
            let tuples = knowledge.tuples(
                frequencies: frequencies,
                UnitComposer.Options(order: shape.order, unitLimit: limit, content: content)
            )
            let codes = try KnowledgeCodes.codes(tuples, unitCounts: tuples.slots.map(\.count), mostTuples: nil)
            var plan = EntanglementPlan(
                shape: shape,
                unitCounts: codes.unitCounts,
                rank: 0,
                gainBits: gainBits ?? 4,
                factorType: factorType
            )
            let tables = plan.byteCount(tokenCount: 0)
            let fixed = KnowledgeCodes.byteCount(codes, gainBits: plan.gainBits)
            least = min(least, tables + fixed)
            guard let budgetBytes else {
                best = (plan, codes, tuples)
                break
            }
            let copies = (budgetBytes - fixed) / max(1, tables)
            guard copies >= 1 else { continue }
            plan.copies = min(copies, KnowledgeCodes.mostCopies)
            best = (plan, codes, tuples)
            if copies >= KnowledgeCodes.leastCopies { break }
        }
        guard let best else {
            throw EntanglementError(
                .infeasible,
                "--ratio",
                "\(budgetBytes ?? 0) bytes do not hold the codes of the lexicon; the least is \(least)",
                remedy: "ask for a lower ratio, or for hybrid or learned codes"
            )
        }
        (plan, tuples) = (best.plan, best.tuples)
        if case .shuffled = share {
            codes = try KnowledgeCodes.shuffled(best.codes, seed: seed)
        } else {
            codes = best.codes
        }
    }

    /// The limits of a slot's units that are tried.
    private static let unitLimits = [16384, 8192, 4096, 2048, 1024, 512, 256, 128]
    /// Fewer copies than this are not worth more units.
    private static let leastCopies = 6
    /// More copies than a slot has numbers add nothing that fewer could not say.
    private static let mostCopies = 64

    /// What codes and gains take.
    private static func byteCount(_ codes: SenseCodes, gainBits: Int) -> Int {
        codes.byteCount + codes.rankByteCount + (gainBits == 0 ? 0 : (codes.senseCount * gainBits + 7) / 8 + 8)
    }

    /// The tuples as codes. Where `mostTuples` is given every token gets as many, the last of them made of pads where it
    /// has fewer that fit into the slots' units, so that ranks need no bytes.
    private static func codes(
        _ tuples: UnitTuples,
        unitCounts: [Int],
        mostTuples: Int?
    ) throws(EntanglementError) -> SenseCodes {
        let pads = [UInt32](repeating: 0, count: tuples.order)
        let fixed = tuples.tuples.map { senses in
            guard let mostTuples else { return senses }
            let fitting = senses.filter { sense in zip(sense, unitCounts).allSatisfy { Int($0) < $1 } }
            return Array((fitting + Array(repeating: pads, count: mostTuples)).prefix(mostTuples))
        }
        return try SenseCodes(
            ranks: fixed.map(\.count),
            unitCounts: unitCounts,
            units: fixed.flatMap { $0.flatMap { $0 } }
        )
    }

    /// The rows of `codes` in a random order of tokens.
    private static func shuffled(_ codes: SenseCodes, seed: UInt64) throws(EntanglementError) -> SenseCodes {
        var tokens = Array(0..<codes.tokenCount)
        var random = SplitMix64(seed: seed, stream: 7)
        random.shuffle(&tokens)
        return try SenseCodes(
            ranks: tokens.map { codes.senses(of: $0).count },
            unitCounts: codes.unitCounts,
            units: tokens.flatMap { codes.units(of: $0) }
        )
    }
}
