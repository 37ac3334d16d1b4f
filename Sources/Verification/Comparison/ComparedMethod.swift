import Checkpoints
import Entanglement
import LinearAlgebra
import ResidualCoding

/// A way to store a table that a comparison runs.
public enum ComparedMethod: Sendable {
    /// What `factorize` does by default: the residual coder over the whole table.
    case see
    /// Entangled factors alone, with learned or random codes.
    case factors(isLearned: Bool)
    /// A rival.
    case rival(any TableMethod)

    /// Every method, in the order in which tables show them.
    public static var all: [ComparedMethod] {
        [.see, .factors(isLearned: true), .factors(isLearned: false)] + TableMethods.all.map(ComparedMethod.rival)
    }

    /// The methods of a command-line name: `see`, `factors`, or a rival's.
    public static func named(_ name: String) -> [ComparedMethod] { all.filter { $0.name == name } }

    /// The name on the command line.
    public var name: String {
        switch self {
        case .see: "see"
        case .factors: "factors"
        case .rival(let method): type(of: method).name
        }
    }

    /// Where its codes come from, in a word; empty where it has none.
    public var codes: String {
        switch self {
        case .see, .rival: ""
        case .factors(let isLearned): isLearned ? "learned" : "random"
        }
    }

    /// The table in at most `budgetBytes` bytes, all tokens weighted alike.
    func fit(_ table: Matrix, budgetBytes: Int, seed: UInt64) throws -> any FactoredTable {
        switch self {
        case .see:
            let coded = try CodedResidual(
                coding: table,
                budget: .bytes(budgetBytes),
                options: ResidualOptions(seed: seed)
            )
            return LayeredTable(factors: nil, residual: coded)
        case .factors(let isLearned):
            let plan = try EntanglementPlan(
                tokenCount: table.rows,
                dimension: table.columns,
                budgetBytes: budgetBytes,
                dealsSenses: isLearned
            )
            let fit = try EntanglementFit(
                table: table,
                plan: plan,
                codes: isLearned ? .learned : .random,
                options: .suited(to: plan, tokenCount: table.rows, seed: seed)
            )
            return fit.embedding
        case .rival(let method):
            return try method.fit(table, budgetBytes: budgetBytes, seed: seed)
        }
    }
}
