import Foundation
import JSONText

/// A part within a part, at most so deep: sequences in sequences.
private let nestingLimit = 8

extension TokenizerJSON {
    /// The normalizer that `value` describes; nil for null.
    static func normalizer(
        _ value: JSONValue,
        _ place: String = "normalizer",
        depth: Int = 0
    ) throws(TokenizerError) -> (any Normalizer)? {
        if value == .null { return nil }
        guard depth < nestingLimit else { throw .malformed(place, "nesting deeper than \(nestingLimit)") }
        switch value.type {
        case "Sequence":
            var steps: [any Normalizer] = []
            for (index, element) in try value.list("normalizers", place).enumerated() {
                let place = "\(place).normalizers[\(index)]"
                if let step = try normalizer(element, place, depth: depth + 1) { steps.append(step) }
            }
            return NormalizerSequence(steps: steps)
        case "BertNormalizer":
            return BertNormalizer(
                cleansText: value["clean_text"]?.bool ?? true,
                isolatesIdeographs: value["handle_chinese_chars"]?.bool ?? true,
                stripsAccents: value["strip_accents"]?.bool,
                lowercases: value["lowercase"]?.bool ?? true
            )
        case "NFC": return UnicodeNormalizer.composed
        case "NFD": return UnicodeNormalizer.decomposed
        case "NFKC": return UnicodeNormalizer.compatibilityComposed
        case "NFKD": return UnicodeNormalizer.compatibilityDecomposed
        case "Lowercase": return Lowercasing()
        case "StripAccents": return AccentStripping()
        case "Nmt": return TranslationCleaning()
        case "Strip":
            return WhitespaceStripping(
                left: value["strip_left"]?.bool ?? true,
                right: value["strip_right"]?.bool ?? true
            )
        case "Prepend": return Prepending(prefix: value.utf8("prepend") ?? [])
        case "Replace":
            return Replacing(pattern: try pattern(value, place), content: value.utf8("content") ?? [])
        case "Precompiled":
            guard let text = value["precompiled_charsmap"]?.string, let blob = Data(base64Encoded: text) else {
                throw .malformed("\(place).precompiled_charsmap", "base64 expected")
            }
            guard !blob.isEmpty else { return nil }
            return PrecompiledNormalizer(characterMap: try CharacterMap(Array(blob), place: place))
        default: throw .unsupported(place, "the normalizer \"\(value.type)\"")
        }
    }

    /// The pre-tokenizer that `value` describes; nil for null.
    static func preTokenizer(
        _ value: JSONValue,
        _ place: String = "pre_tokenizer",
        depth: Int = 0
    ) throws(TokenizerError) -> (any PreTokenizer)? {
        if value == .null { return nil }
        guard depth < nestingLimit else { throw .malformed(place, "nesting deeper than \(nestingLimit)") }
        switch value.type {
        case "Sequence":
            let elements = try value.list("pretokenizers", place)
            var steps: [any PreTokenizer] = []
            var isSpelled = false
            for (index, element) in elements.enumerated() {
                let place = "\(place).pretokenizers[\(index)]"
                if let step = try preTokenizer(element, place, depth: depth + 1) { steps.append(step) }
                if element.type == "ByteLevel", !isSpelled, index + 1 < elements.count {
                    steps.append(ByteLevelSpelling.writing)
                    isSpelled = true
                }
            }
            if isSpelled { steps.append(ByteLevelSpelling.reading) }
            return PreTokenizerSequence(steps: steps)
        case "BertPreTokenizer": return BertSplit()
        case "ByteLevel":
            return ByteLevelSplit(
                addsPrefixSpace: value["add_prefix_space"]?.bool ?? true,
                pattern: value["use_regex"]?.bool ?? true ? PatternSplit(pattern: GPT2Pattern()) : nil
            )
        case "Metaspace":
            return MetaspaceSplit(
                mark: value.utf8("replacement") ?? .metaspace,
                prepending: try prepending(value, place),
                splits: value["split"]?.bool ?? true
            )
        case "Whitespace": return PatternSplit(pattern: WordRunPattern(), behaviour: .removed, isInverted: true)
        case "WhitespaceSplit":
            return PatternSplit(pattern: CharacterRunPattern(kind: .space), behaviour: .removed)
        case "Digits":
            let isolates = value["individual_digits"]?.bool ?? false
            return PatternSplit(pattern: CharacterRunPattern(kind: .number, greatest: isolates ? 1 : .max))
        case "Punctuation":
            return PatternSplit(
                pattern: CharacterRunPattern(kind: .punctuation, greatest: 1),
                behaviour: try behaviour(value, place) ?? .isolated
            )
        case "CharDelimiterSplit":
            guard let delimiter = value.utf8("delimiter"), !delimiter.isEmpty else {
                throw .malformed("\(place).delimiter", "a character expected")
            }
            return PatternSplit(pattern: LiteralPattern(text: delimiter), behaviour: .removed)
        case "Split":
            return PatternSplit(
                pattern: try pattern(value, place),
                behaviour: try behaviour(value, place) ?? .isolated,
                isInverted: value["invert"]?.bool ?? false
            )
        default: throw .unsupported(place, "the pre-tokenizer \"\(value.type)\"")
        }
    }

    /// Whether pieces are written in GPT-2's alphabet: a byte-level pre-tokenizer is somewhere in `value`.
    static func isByteLevel(_ value: JSONValue) -> Bool {
        value.type == "ByteLevel" || (value["pretokenizers"]?.elements ?? []).contains(where: isByteLevel)
    }

    private static func pattern(_ value: JSONValue, _ place: String) throws(TokenizerError) -> any TextPattern {
        let pattern = value["pattern"]
        if let text = pattern?.utf8("String") { return LiteralPattern(text: text) }
        if let text = pattern?["Regex"]?.string { return try KnownPatterns.pattern(text, place: place) }
        throw .malformed("\(place).pattern", "{\"String\": …} or {\"Regex\": …} expected")
    }

    private static func behaviour(
        _ value: JSONValue,
        _ place: String
    ) throws(TokenizerError) -> PatternSplit.Behaviour? {
        guard let name = value["behavior"]?.string else { return nil }
        guard let behaviour = PatternSplit.Behaviour(rawValue: name) else {
            throw .unsupported("\(place).behavior", "the behaviour \"\(name)\"")
        }
        return behaviour
    }

    /// When a mark is put in front: `prepend_scheme`, in older files `add_prefix_space`.
    static func prepending(_ value: JSONValue, _ place: String) throws(TokenizerError) -> MetaspaceSplit.Prepending {
        guard let name = value["prepend_scheme"]?.string else {
            return value["add_prefix_space"]?.bool ?? true ? .always : .never
        }
        guard let scheme = MetaspaceSplit.Prepending(rawValue: name) else {
            throw .unsupported("\(place).prepend_scheme", "the scheme \"\(name)\"")
        }
        return scheme
    }
}
