import LinearAlgebra

/// MorphTE (Gan and others 2022): every token is one product of order 3 of morpheme vectors of one shared table, summed
/// over `copies` independent tables; slots have the size ⌈∛dimension⌉ and there are no gains.
///
/// Fitted to a table here by Gauss–Newton steps over the shared table, where the published method trains it from
/// scratch.
public struct MorphTE: TableMethod {
    /// The name on the command line.
    public static let name = "morphte"
    /// The morphemes of each token, three a token; nil for the published control, a random split.
    let codes: SenseCodes?

    /// The method over the given morphemes (one sense of order 3 a token), or over random ones.
    public init(codes: SenseCodes? = nil) {
        self.codes = codes
    }

    /// A Q8_0 table in as many copies as the budget allows: of all types it affords the most. Random morphemes are as
    /// many as a third of the tokens, near the published vocabularies (3,013 for 8,848).
    public func fit(_ table: Matrix, budgetBytes: Int, seed: UInt64) throws(EntanglementError) -> any StorableTable {
        let shape = try EntanglementShape(uniform: table.columns, order: 3)
        let morphemes = codes.map { $0.unitCounts[0] } ?? max(1, table.rows / 3)
        let index = (table.rows * 3 * BitSequence.width(holding: morphemes) + 7) / 8
        let one = FactorType.q8_0.byteCount(of: morphemes * shape.slotSizes[0])
        let copies = min(UnitTables.maximumCopies, max(0, budgetBytes - index) / max(1, one))
        guard copies > 0 else { throw infeasible(table, budget: budgetBytes, least: index + one) }
        let counts = [morphemes, morphemes, morphemes]
        let random = try SenseCodes.random(tokenCount: table.rows, rank: 1, unitCounts: counts, seed: seed)
        let plan = EntanglementPlan(
            shape: shape,
            unitCounts: [morphemes],
            copies: copies,
            isShared: true,
            rank: 0,
            factorType: .q8_0
        )
        let fit = try EntanglementFit(
            table: table,
            plan: plan,
            codes: .given(codes ?? random),
            options: FitOptions(seed: seed, rounds: 3)
        )
        return fit.embedding
    }
}
