import Foundation

/// Morphemes with the numbers of their occurrences, learned from words alone; segments any word by the Viterbi algorithm.
///
/// The Morfessor Baseline (Creutz & Lagus 2005; Virpioja et al. 2013): of all lexicons of morphemes, the one that makes the
/// description of itself, letter by letter, and of the words, morpheme by morpheme, shortest.
public struct MorphemeModel: Sendable {
    /// The occurrences of each morpheme.
    let counts: [ArraySlice<UInt32>: Int]
    /// log(occurrences + words), the code length of one occurrence more or less.
    private let logTotal: Double
    private let longest: Int

    /// A model of the given counts, over `wordCount` words.
    init(counts: [ArraySlice<UInt32>: Int], wordCount: Int) {
        self.counts = counts
        logTotal = log(Double(max(1, counts.values.reduce(wordCount, +))))
        longest = counts.keys.lazy.map(\.count).max() ?? 1
    }

    /// The number of different morphemes.
    public var morphemeCount: Int { counts.count }

    /// The morphemes of `word`, both as UTF-8: the cheapest sequence, in which single letters before the last place then join
    /// the morpheme in front of them (at the beginning, the one behind): few letters are morphemes anywhere but at the end.
    public func segments(of word: some Collection<UInt8>) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        let cheapest = cheapestSegments(of: word)
        var isLead = false
        for (place, part) in cheapest.enumerated() {
            let isLetter = MorphemeModel.isLetter(part)
            if isLead || isLetter && place > 0 && place < cheapest.count - 1 {
                parts[parts.count - 1] += part
                isLead = false
            } else {
                parts.append(part)
                isLead = place == 0 && isLetter
            }
        }
        return parts
    }

    private static func isLetter(_ part: [UInt8]) -> Bool {
        part.count <= 4 && part.dropFirst().allSatisfy { $0 & 0xC0 == 0x80 }
    }

    /// The morphemes of `word`, both as UTF-8: the cheapest sequence of known ones. A letter that no morpheme covers stands
    /// alone, at a price that no sequence without it pays.
    func cheapestSegments(of word: some Collection<UInt8>) -> [[UInt8]] {
        let letters = String(decoding: word, as: UTF8.self).unicodeScalars.map(\.value)
        guard !letters.isEmpty else { return [] }
        let unknownCost = Double(letters.count + 1) * (logTotal + 1)
        var costs = [0.0] + [Double](repeating: .infinity, count: letters.count)
        var starts = [Int](repeating: 0, count: letters.count + 1)
        for end in 1...letters.count {
            for start in max(0, end - longest)..<end {
                let cost: Double
                if let count = counts[letters[start..<end]] {
                    cost = costs[start] + logTotal - log(Double(count))
                } else if end - start == 1 {
                    cost = costs[start] + unknownCost
                } else {
                    continue
                }
                if cost < costs[end] { (costs[end], starts[end]) = (cost, start) }
            }
        }
        var parts: [[UInt8]] = []
        var end = letters.count
        while end > 0 {
            parts.append(MorphemeModel.utf8(letters[starts[end]..<end]))
            end = starts[end]
        }
        return parts.reversed()
    }

    /// The model with its `count` most frequent morphemes, and all single letters whatever their frequency.
    public func limited(to count: Int) -> MorphemeModel {
        let ordered = counts.sorted { a, b in
            a.value != b.value ? a.value > b.value : a.key.lexicographicallyPrecedes(b.key)
        }
        var kept: [ArraySlice<UInt32>: Int] = [:]
        for (rank, (morpheme, occurrences)) in ordered.enumerated() where rank < count || morpheme.count == 1 {
            kept[morpheme] = occurrences
        }
        for morpheme in counts.keys {
            for letter in morpheme.indices where kept[morpheme[letter...letter]] == nil {
                kept[morpheme[letter...letter]] = 1
            }
        }
        return MorphemeModel(counts: kept, wordCount: 1)
    }

    static func utf8(_ letters: ArraySlice<UInt32>) -> [UInt8] {
        var text = String.UnicodeScalarView()
        for letter in letters { if let scalar = Unicode.Scalar(letter) { text.append(scalar) } }
        return Array(String(text).utf8)
    }
}
