/// What a token of a vocabulary is for, by its number in `tokenizer.ggml.token_type`.
public enum GGUFTokenType: Int, CaseIterable, Hashable, Sendable {
    case normal = 1
    case unknown = 2
    case control = 3
    case userDefined = 4
    case unused = 5
    case byte = 6
}
