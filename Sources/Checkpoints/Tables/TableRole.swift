/// What a vocabulary-sized or position-sized table does in a model.
public enum TableRole: String, Sendable, CaseIterable {
    /// Token id → vector at the model's input.
    case inputEmbedding = "input embedding"
    /// Hidden vector → logits, a row a token.
    case outputHead = "output head"
    /// Position → vector: left alone.
    case positionEmbedding = "position embedding"
    /// Segment → vector: left alone.
    case typeEmbedding = "type embedding"

    /// True for the tables that factorization is for.
    public var isVocabularyTable: Bool { self == .inputEmbedding || self == .outputHead }
}
