import Foundation

/// The agreement of translations with references (Papineni et al. 2002), as sacrebleu's default computes it: one
/// reference, cased, tokenizer 13a, n-grams up to 4, exponential smoothing. Its signature there:
/// `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp`.
public struct BLEU: Sendable, Hashable {
    /// The longest n-grams.
    public static let order = 4

    /// Tokens of the translations.
    public private(set) var length = 0
    /// Tokens of the references.
    public private(set) var referenceLength = 0
    /// N-grams of each length that stand in the reference too.
    public private(set) var correct = [Int](repeating: 0, count: BLEU.order)
    /// N-grams of each length.
    public private(set) var total = [Int](repeating: 0, count: BLEU.order)

    /// A score over no sentences yet.
    public init() {}

    /// Adds a sentence.
    public mutating func add(_ translation: String, reference: String) {
        let (words, wanted) = (MTEvalTokenizer.words(of: translation), MTEvalTokenizer.words(of: reference))
        length += words.count
        referenceLength += wanted.count
        for size in 1...Self.order where words.count >= size {
            total[size - 1] += words.count - size + 1
            var left = Self.counts(wanted, size)
            for first in 0...words.count - size {
                guard let count = left[words[first..<first + size]], count > 0 else { continue }
                left[words[first..<first + size]] = count - 1
                correct[size - 1] += 1
            }
        }
    }

    private static func counts(_ words: [[Unicode.Scalar]], _ size: Int) -> [ArraySlice<[Unicode.Scalar]>: Int] {
        guard words.count >= size else { return [:] }
        return (0...words.count - size).reduce(into: [:]) { $0[words[$1..<$1 + size], default: 0] += 1 }
    }

    /// The share of n-grams of each length that are right, in percent; one of none is halved with each such length.
    public var precisions: [Double] {
        var smoothing = 1.0
        return zip(correct, total).map { correct, total in
            guard total > 0 else { return 0 }
            guard correct == 0 else { return 100 * Double(correct) / Double(total) }
            smoothing *= 2
            return 100 / (smoothing * Double(total))
        }
    }

    /// What translations shorter than their references are multiplied by.
    public var brevityPenalty: Double {
        if length >= referenceLength { return 1 }
        return length > 0 ? exp(1 - Double(referenceLength) / Double(length)) : 0
    }

    /// The score in percent.
    public var score: Double {
        guard correct.contains(where: { $0 > 0 }) else { return 0 }
        // As sacrebleu, which takes this for the logarithm of 0.
        let logarithms = precisions.map { $0 > 0 ? log($0) : -9_999_999_999 }
        return brevityPenalty * exp(logarithms.reduce(0, +) / Double(Self.order))
    }
}
