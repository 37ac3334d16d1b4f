/// What tells one family of encoder–decoder translators from another: the names of its tensors.
///
/// A new family is one file in `Architectures/` and one line in `TranslatorArchitecture.all`.
public struct TranslatorArchitecture: Sendable {
    /// The family's name.
    public let name: String
    /// Values of `model_type` that mean this family.
    public let modelTypes: [String]
    /// The embedding of both halves, where they share one.
    public let sharedEmbedding: String
    /// The reading half.
    public let encoder: EncoderTensorNames
    /// The writing half, with its attention to its own tokens.
    public let decoder: EncoderTensorNames
    /// Attention of the writing half to the source: query, key, value, the product after them, and the norm.
    public let sourceAttention: (input: [String], output: String, norm: String)
    /// The head; absent where it is tied to the writing half's embedding.
    public let head: String
    /// What is added to the scores.
    public let headBias: String

    /// Every family known.
    public static let all: [TranslatorArchitecture] = [.marian]

    /// The family that `modelType` names.
    public static func named(_ modelType: String) -> TranslatorArchitecture? {
        all.first { $0.modelTypes.contains(modelType.lowercased()) }
    }
}
