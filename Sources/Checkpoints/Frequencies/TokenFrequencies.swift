import Foundation
import Tokenizers

/// How probable each token of a vocabulary is in running text: an estimate, never zero.
///
/// Squared errors are weighted by powers of it: by the probability itself where errors are reported, because that is the
/// error of a token met in a text; by a lower power where factors are fitted, so that rare tokens keep some say.
public struct TokenFrequencies: Sendable {
    /// One positive number a row of the table; together 1.
    public let probabilities: [Double]
    /// Where they come from, in words for a report.
    public var origin: String

    /// The power of the probabilities that fits use unless told otherwise.
    public static let fittingExponent = 0.5

    /// The same probability for each of `rowCount` tokens.
    public init(uniform rowCount: Int) {
        probabilities = Array(repeating: 1 / Double(max(rowCount, 1)), count: rowCount)
        origin = "uniform"
    }

    /// The probabilities in proportion to `masses`; those that are not positive get the least positive one.
    init(masses: [Double], origin: String) {
        let least = masses.lazy.filter { $0 > 0 && $0.isFinite }.min() ?? 1
        let repaired = masses.map { $0 > 0 && $0.isFinite ? $0 : least }
        let total = repaired.reduce(0, +)
        probabilities = repaired.map { $0 / total }
        self.origin = origin
    }

    /// One weight a token: `probability^exponent`, 1 on average.
    public func weights(exponent: Double = TokenFrequencies.fittingExponent) -> [Float] {
        let powers = probabilities.map { pow($0, exponent) }
        let scale = Double(powers.count) / max(powers.reduce(0, +), .leastNormalMagnitude)
        return powers.map { Float($0 * scale) }
    }
}

extension TokenFrequencies {
    /// What the training of `tokenizer` says of its tokens, for a table of `rowCount` rows.
    ///
    /// Unigram scores are logarithms of probabilities and taken as such. A ranking becomes a Zipf–Mandelbrot law,
    /// 1 / (rank + 20): ASCII characters that stand alone come first (an alphabet is listed before the merges, or after
    /// them, whatever its frequency), then longer pieces by their rank, then other single characters. Tokens that frame
    /// every text (beginning, end, `[CLS]`, `[SEP]`) count like the most frequent piece, the unknown token like the median
    /// one, and what encoding never gives (padding, unused ids, rows past the vocabulary) like the rarest one.
    public init(tokenizer: any Tokenizer, rowCount: Int) {
        let vocabulary = tokenizer.vocabulary
        var masses: [Double]
        let origin: String
        switch tokenizer.frequencyEvidence {
        case .logProbabilities(let models):
            masses = TokenFrequencies.masses(ofModels: models, rowCount: rowCount)
            origin = "the tokenizer's unigram scores"
        case .ranking(let ranking):
            masses = TokenFrequencies.masses(of: ranking, vocabulary, rowCount: rowCount)
            origin = "the tokenizer's ranks under Zipf's law"
        }
        for id in 0..<min(rowCount, vocabulary.count)
        where vocabulary.kind(id) != .normal || vocabulary.isPlaceholder(id) {
            masses[id] = 0
        }
        let known = masses.filter { $0 > 0 }.sorted()
        let special = vocabulary.specialTokens
        for id in [special.beginning, special.end, special.classification, special.separator] {
            if let id, masses.indices.contains(id) { masses[id] = known.last ?? 0 }
        }
        if let id = special.unknown, masses.indices.contains(id), masses[id] == 0, !known.isEmpty {
            masses[id] = known[known.count / 2]
        }
        self.init(masses: masses, origin: origin)
    }

    private static func masses(ofModels models: [[Int: Double]], rowCount: Int) -> [Double] {
        var masses = [Double](repeating: 0, count: rowCount)
        for model in models {
            // Scores of a pruned model do not add up to 1, so each side is scaled to.
            let total = model.keys.sorted().reduce(0.0) { $0 + exp(min(0, model[$1] ?? 0)) }
            guard total > 0 else { continue }
            for (id, score) in model where masses.indices.contains(id) { masses[id] += exp(min(0, score)) / total }
        }
        return masses
    }

    /// Moves the law's top so that it fits running text: the best of those tried for the vocabularies of BERT and GPT-2.
    private static let mandelbrotShift = 20.0

    private static func masses(of ranking: [Int], _ vocabulary: Vocabulary, rowCount: Int) -> [Double] {
        var tiers: [[Int]] = [[], [], []]
        func place(_ id: Int) {
            let letters = vocabulary.surface(of: id).bytes
            let isSingle = letters.count <= 4 && String(decoding: letters, as: UTF8.self).unicodeScalars.count <= 1
            if let byte = letters.first, letters.count == 1, (0x21..<0x7F).contains(byte) {
                tiers[vocabulary.surface(of: id).beginsWord || vocabulary.wordMark == .space ? 0 : 2].append(id)
            } else {
                tiers[isSingle ? 2 : 1].append(id)
            }
        }
        let ranked = Set(ranking)
        // Symbols that no merge makes, the alphabet, are placed after the others.
        let ids = ranking + (0..<vocabulary.count).filter { !ranked.contains($0) }
        for id in ids where id < rowCount && vocabulary.kind(id) == .normal && !vocabulary.isPlaceholder(id) {
            place(id)
        }
        var masses = [Double](repeating: 0, count: rowCount)
        for (rank, id) in tiers.joined().enumerated() { masses[id] = 1 / (Double(rank) + mandelbrotShift) }
        return masses
    }
}
