/// What import needs to know of a model family: how its checkpoints name the tables that depend on the vocabulary.
///
/// A new family is one file in `Architectures/` and one line in `Architecture.all`.
public struct Architecture: Sendable {
    /// The family's name in reports.
    public let name: String
    /// Values of `model_type` (Hugging Face) or `general.architecture` (GGUF) that mean this family.
    public let modelTypes: [String]
    /// Tensor names and what they are; a name matches alone or behind any dotted prefix (`bert.`, `model.`).
    public let tables: [(name: String, role: TableRole)]
    /// Whether the head is the input embedding where the configuration does not say and no head is stored.
    public let tiesByDefault: Bool

    /// Every family known, most specific first.
    public static let all: [Architecture] = [.bert, .marian, .llama, .gpt2, .t5]

    /// The family that `modelType` names.
    public static func named(_ modelType: String) -> Architecture? {
        all.first { $0.modelTypes.contains(modelType.lowercased()) }
    }

    /// The role of the tensor `name` in this family.
    public func role(of name: String) -> TableRole? {
        tables.first { name == $0.name || name.hasSuffix("." + $0.name) }?.role
    }
}
