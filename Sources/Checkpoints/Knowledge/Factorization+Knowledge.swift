import Entanglement
import Lexicons

extension Factorization {
    /// The form and the codes of one table.
    struct PlannedCodes {
        var plan: EntanglementPlan
        var source: CodeSource
        /// What a user should hear.
        var notes: [String] = []
    }

    /// Which share of the codes comes from knowledge; nil where none does.
    private var knowledgeShare: KnowledgeCodes.Share? {
        switch codes {
        case .learned, .random: nil
        case .lexicon: .all(.senses)
        case .morpheme: .all(.morphemes)
        case .shuffled: .shuffled
        case .hybrid: .hybrid
        }
    }

    /// Plans a table of `rowCount` × `dimension` within `budget` bytes.
    func plannedCodes(
        rowCount: Int,
        dimension: Int,
        budget: Int?,
        workspace: Workspace,
        frequencies: TokenFrequencies
    ) throws -> PlannedCodes {
        guard let share = knowledgeShare else {
            let plan = try EntanglementPlan(
                tokenCount: rowCount,
                dimension: dimension,
                budgetBytes: budget,
                order: order,
                rank: rank,
                dealsSenses: codes == .learned && dealsSenses(within: budget),
                units: units,
                copies: copies,
                gainBits: gainBits,
                factorType: factorType ?? .float16
            )
            return PlannedCodes(plan: plan, source: codes == .random ? .random : .learned)
        }
        let knowledge = try VocabularyKnowledge(workspace, lexicons: lexicons, rowCount: rowCount)
        let known = try KnowledgeCodes(
            knowledge,
            frequencies: frequencies,
            share: share,
            dimension: dimension,
            budgetBytes: budget,
            order: order,
            units: units,
            rank: rank,
            dealsSenses: dealsSenses(within: budget),
            gainBits: gainBits,
            factorType: factorType ?? .float16,
            seed: seed
        )
        let coverage = VocabularyCoverage(knowledge.analyses)
        let percent = (coverage.knownShare * 1000).rounded() / 10
        var notes = knowledge.notes
        notes.append("coverage: \(percent) % of \(coverage.wholeWords) whole words have senses")
        notes.append(
            "codes: \(known.codes.senseCount) given senses, \(known.tuples.resolvedCollisions) tokens told apart by a unit of their own"
        )
        return PlannedCodes(plan: known.plan, source: .given(known.codes), notes: notes)
    }
}
