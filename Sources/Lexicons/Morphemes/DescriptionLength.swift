import Foundation

/// The length, in nats, of a description of words by morphemes: of the lexicon and of the words.
///
/// The words' part is Σ over occurrences of −log(share), a word's end counting as one more symbol, and the cost of telling
/// the counts, log C(N − 1, M − 1). The lexicon's part is the same for letters in place of morphemes, less log M! because
/// the order of its entries tells nothing.
struct DescriptionLength {
    /// How much the words' part counts: above 1 there are more and longer morphemes, below 1 fewer.
    let corpusWeight: Double
    private let wordCount: Double
    private var occurrences = 0.0
    private var occurrenceLogs = 0.0
    private var morphemes = 0.0
    private var letters = 0.0
    private var letterLogs = 0.0
    private var letterCounts: [UInt32: Int] = [:]
    private var letterKinds = 0.0

    init(wordCount: Int, corpusWeight: Double) {
        self.wordCount = Double(wordCount)
        self.corpusWeight = corpusWeight
    }

    /// A morpheme's occurrences go from `old` to `new`; the first and the last one change the lexicon.
    mutating func change(_ morpheme: ArraySlice<UInt32>, from old: Int, to new: Int) {
        occurrences += Double(new - old)
        occurrenceLogs += DescriptionLength.xlogx(new) - DescriptionLength.xlogx(old)
        if old == 0, new > 0 { changeLexicon(morpheme, by: 1) }
        if old > 0, new == 0 { changeLexicon(morpheme, by: -1) }
    }

    private mutating func changeLexicon(_ morpheme: ArraySlice<UInt32>, by step: Int) {
        morphemes += Double(step)
        letters += Double(step * morpheme.count)
        for letter in morpheme {
            let old = letterCounts[letter] ?? 0
            letterCounts[letter] = old + step
            letterLogs += DescriptionLength.xlogx(old + step) - DescriptionLength.xlogx(old)
            if old == 0 { letterKinds += 1 }
            if old + step == 0 { letterKinds -= 1 }
        }
    }

    /// The whole length.
    var total: Double {
        guard wordCount > 0, morphemes > 0 else { return 0 }
        let symbols = occurrences + wordCount
        let words = symbols * log(symbols) - wordCount * log(wordCount) - occurrenceLogs
        let signs = letters + morphemes
        let lexicon = signs * log(signs) - morphemes * log(morphemes) - letterLogs - lgammaOfFactorial(morphemes)
        return words * corpusWeight + logChoose(occurrences - 1, morphemes - 1) + lexicon
            + logChoose(signs - 1, letterKinds)
    }

    private func logChoose(_ n: Double, _ k: Double) -> Double {
        guard k > 0, n > k else { return 0 }
        return lgammaOfFactorial(n) - lgammaOfFactorial(k) - lgammaOfFactorial(n - k)
    }

    /// log n!, by Stirling's formula with its first correction.
    private func lgammaOfFactorial(_ n: Double) -> Double {
        guard n > 1 else { return 0 }
        return n * log(n) - n + 0.5 * log(2 * .pi * n) + 1 / (12 * n)
    }

    private static func xlogx(_ count: Int) -> Double { count > 1 ? Double(count) * log(Double(count)) : 0 }
}
