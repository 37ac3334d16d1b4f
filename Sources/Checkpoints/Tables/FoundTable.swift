import TensorFile

/// A table that import found in a checkpoint, what it is, and why that is believed.
public struct FoundTable: Sendable, Hashable {
    /// The tensor as the checkpoint declares it.
    public var tensor: TensorDescriptor
    /// What it does.
    public var role: TableRole
    /// Names of tensors with the same values: they are replaced together with this one.
    public var ties: [String]
    /// The evidence, for the reader of the report.
    public var reason: String
    /// Whether factorization takes it.
    public var isChosen: Bool

    /// The name that factor tensors carry: the tensor's name without `.weight`.
    public var name: String { FoundTable.factorName(of: tensor.name) }

    /// The factor name of the tensor `name`.
    public static func factorName(of name: String) -> String {
        name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : name
    }
}
