import Foundation

/// Rewrites a text before it is split: letter case, accents, compatibility forms, white space.
protocol Normalizer: Sendable {
    /// The normalized form of `text`; both are UTF-8.
    func normalize(_ text: [UInt8]) -> [UInt8]
}

/// One normalizer after the other.
struct NormalizerSequence: Normalizer {
    var steps: [any Normalizer]

    func normalize(_ text: [UInt8]) -> [UInt8] { steps.reduce(text) { $1.normalize($0) } }
}

/// The normalization forms of Unicode Standard Annex 15.
enum UnicodeNormalizer: Normalizer {
    case composed, decomposed, compatibilityComposed, compatibilityDecomposed

    /// Scalars below this one are their own normal form, also next to each other.
    private var firstChanging: UInt32 {
        switch self {
        case .composed: 0x300
        case .decomposed: 0xC0
        case .compatibilityComposed, .compatibilityDecomposed: 0xA0
        }
    }

    func normalize(_ text: [UInt8]) -> [UInt8] {
        // The lead byte of the first changing scalar, an even bound: 0xCC for U+0300, 0xC3 for U+00C0, 0xC2 for U+00A0.
        let lead: UInt8 = firstChanging == 0x300 ? 0xCC : firstChanging == 0xC0 ? 0xC3 : 0xC2
        guard text.contains(where: { $0 >= lead }) else { return text }
        let string = String(decoding: text, as: UTF8.self)
        return switch self {
        case .composed: Array(string.precomposedStringWithCanonicalMapping.utf8)
        case .decomposed: Array(string.decomposedStringWithCanonicalMapping.utf8)
        case .compatibilityComposed: Array(string.precomposedStringWithCompatibilityMapping.utf8)
        case .compatibilityDecomposed: Array(string.decomposedStringWithCompatibilityMapping.utf8)
        }
    }
}

/// A normalizer that rewrites one scalar at a time, whatever stands next to it.
protocol ScalarNormalizer: Normalizer {
    /// Appends what becomes of a scalar.
    func append(_ scalar: UInt32, to text: inout [UInt8])
}

extension ScalarNormalizer {
    func normalize(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        let bytes = text.span
        var offset = 0
        while offset < bytes.count {
            let scalar = bytes.scalar(at: offset)
            append(scalar.value, to: &result)
            offset += scalar.length
        }
        return result
    }
}

/// Lower case, scalar by scalar: no final sigma, as Hugging Face's tokenizers do it.
struct Lowercasing: ScalarNormalizer {
    func append(_ scalar: UInt32, to text: inout [UInt8]) {
        guard scalar >= 0x80, let scalar = Unicode.Scalar(scalar) else {
            let isUpper = scalar >= 0x41 && scalar <= 0x5A
            text.append(UInt8(truncatingIfNeeded: isUpper ? scalar | 0x20 : scalar))
            return
        }
        text.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
    }
}

/// Removes marks; decompose first.
struct AccentStripping: ScalarNormalizer {
    /// A scalar goes if its class holds one of these and none of `kept`.
    var removed: ScalarClass = .mark
    var kept: ScalarClass = []

    func append(_ scalar: UInt32, to text: inout [UInt8]) {
        let scalarClass = scalar < 0x300 ? [] : ScalarClass(scalar)
        if scalarClass.isDisjoint(with: removed) || !scalarClass.isDisjoint(with: kept) { text.append(scalar: scalar) }
    }
}

/// The clean-up of Google's neural machine translation: most control characters go, odd spaces become spaces.
struct TranslationCleaning: ScalarNormalizer {
    func append(_ scalar: UInt32, to text: inout [UInt8]) {
        switch scalar {
        case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: break
        case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
            text.append(0x20)
        default: text.append(scalar: scalar)
        }
    }
}

/// Puts a text in front of every non-empty text.
struct Prepending: Normalizer {
    var prefix: [UInt8]

    func normalize(_ text: [UInt8]) -> [UInt8] { text.isEmpty ? text : prefix + text }
}

/// Removes white space at the ends.
struct WhitespaceStripping: Normalizer {
    var left: Bool
    var right: Bool

    func normalize(_ text: [UInt8]) -> [UInt8] {
        let bytes = text.span
        var (start, end) = (0, bytes.count)
        while left, start < end {
            let scalar = bytes.scalar(at: start)
            guard ScalarClass(scalar.value).contains(.space) else { break }
            start += scalar.length
        }
        while right, end > start {
            let previous = bytes.startOfScalar(before: end, limit: start)
            guard ScalarClass(bytes.scalar(at: previous).value).contains(.space) else { break }
            end = previous
        }
        return Array(text[start..<end])
    }
}

/// Replaces every match of a pattern by a fixed text.
struct Replacing: Normalizer {
    var pattern: any TextPattern
    var content: [UInt8]

    func normalize(_ text: [UInt8]) -> [UInt8] {
        var matches: [Range<Int>] = []
        pattern.appendMatches(in: text, text.indices, to: &matches)
        guard !matches.isEmpty else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var offset = 0
        for match in matches {
            result.append(contentsOf: text[offset..<match.lowerBound])
            result.append(contentsOf: content)
            offset = match.upperBound
        }
        result.append(contentsOf: text[offset...])
        return result
    }
}
