import Tokenizers

/// What the letters of a token show: mark, case, and the text that lexicons and morphemes are asked about.
public struct TokenForm: Hashable, Sendable {
    /// What sort of token it is.
    public enum Kind: Hashable, Sendable {
        /// Letters.
        case word
        /// Digits, punctuation, symbols, blanks.
        case sign
        /// One byte of a character.
        case byte(UInt8)
        /// Steers the model, or stands for what is unknown.
        case special
        /// Kept free.
        case placeholder
        /// Bytes that are not UTF-8: part of a character.
        case fragment
    }

    /// Whether and how the token says that it begins a word.
    public enum Mark: String, CaseIterable, Hashable, Sendable {
        /// It begins a word (`Ġ`, `▁`, no `##`).
        case begins
        /// It goes on inside a word.
        case continues
        /// More of its word follows (`@@`).
        case opens
    }

    /// The pattern of capitals.
    public enum Capitals: String, CaseIterable, Hashable, Sendable {
        /// None, or no letters that have them.
        case none
        /// The first letter only.
        case first
        /// All letters, at least two.
        case all
        /// Any other.
        case mixed
    }

    /// What sort of token it is.
    public var kind: Kind
    /// Its mark.
    public var mark: Mark
    /// Its capitals.
    public var capitals: Capitals
    /// Its letters without mark, in lower case, UTF-8; of fragments the bytes as they are.
    public var text: [UInt8]

    /// The form of an id without text.
    public static let placeholder = TokenForm(kind: .placeholder, mark: .continues, capitals: .none, text: [])

    private init(kind: Kind, mark: Mark, capitals: Capitals, text: [UInt8]) {
        (self.kind, self.mark, self.capitals, self.text) = (kind, mark, capitals, text)
    }

    /// The form of token `id`.
    /// - Precondition: `id` is in `0..<vocabulary.count`.
    public init(_ id: Int, in vocabulary: Vocabulary) {
        let surface = vocabulary.surface(of: id)
        mark = surface.beginsWord ? .begins : .continues
        capitals = .none
        text = Array(surface.bytes)
        switch vocabulary.kind(id) {
        case .control, .unknown: kind = .special
        case .byte:
            let digits = String(decoding: vocabulary.piece(id).dropFirst(3).dropLast(), as: UTF8.self)
            kind = UInt8(digits, radix: 16).map { .byte($0) } ?? .special
        case .normal, .userDefined, .unused:
            if vocabulary.isPlaceholder(id) {
                kind = .placeholder
            } else {
                kind = .word
                self = TokenForm(surface: surface)
            }
        }
    }

    /// The form of letters that no kind is known of.
    private init(surface: Vocabulary.Surface) {
        self.init(bytes: surface.bytes, mark: surface.beginsWord ? .begins : .continues)
    }

    /// The form of a token by its bytes without mark.
    init(bytes: ArraySlice<UInt8>, mark: Mark) {
        self.mark = mark
        capitals = .none
        var bytes = bytes
        // The mark of subword-nmt, where a vocabulary was learned from text in its form.
        if bytes.count > 2, bytes.suffix(2).elementsEqual("@@".utf8) {
            bytes = bytes.dropLast(2)
            self.mark = .opens
        }
        guard bytes.withUnsafeBufferPointer({ (try? UTF8Span(validating: $0.span)) != nil }) else {
            (kind, text) = (bytes.count == 1 ? .byte(bytes.first ?? 0) : .fragment, Array(bytes))
            return
        }
        let written = String(decoding: bytes, as: UTF8.self)
        let scalars = written.unicodeScalars
        kind = scalars.contains { $0.properties.isAlphabetic } ? .word : .sign
        let cased = scalars.filter { $0.properties.isUppercase || $0.properties.isLowercase }
        let upper = cased.filter(\.properties.isUppercase)
        if !upper.isEmpty {
            if upper.count == cased.count {
                capitals = cased.count > 1 ? .all : .first
            } else {
                capitals = upper.count == 1 && cased.first?.properties.isUppercase == true ? .first : .mixed
            }
        }
        text = Array(written.lowercased().utf8)
    }

    /// The token's text for a reader: the letters, bytes that are not UTF-8 as `<0x0A>`.
    public var reading: String {
        switch kind {
        case .byte(let byte): "<0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))>"
        case .fragment: text.map { "\\x\($0 < 16 ? "0" : "")\(String($0, radix: 16))" }.joined()
        default: String(decoding: text, as: UTF8.self)
        }
    }
}
