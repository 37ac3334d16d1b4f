/// Finds dictionary forms: lists of exceptions (`geese` → `goose`), and endings that are taken off or replaced.
///
/// The rules are those of WordNet's own `morphy`; a form counts only where the lexicon has a sense of the rule's part of
/// speech, which the caller checks.
public struct Lemmatizer: Sendable, Equatable {
    /// A possible dictionary form.
    public struct Candidate: Hashable, Sendable {
        /// The form, UTF-8.
        public var lemma: [UInt8]
        /// The part of speech that it must have.
        public var partOfSpeech: PartOfSpeech
    }

    /// One irregular form and what it comes from.
    struct Exception: Hashable, Sendable {
        var form: [UInt8]
        var candidates: [Candidate]
    }

    /// Sorted by the bytes of their forms, each form once.
    let exceptions: [Exception]
    /// Whether English endings are taken off.
    public let detachesEnglishEndings: Bool

    /// A lemmatizer; `pairs` are irregular forms with their candidates, in any order.
    init(exceptions pairs: [(form: [UInt8], candidate: Candidate)], detachesEnglishEndings: Bool) {
        let sorted = pairs.enumerated().sorted { a, b in
            a.element.form == b.element.form
                ? a.offset < b.offset : a.element.form.lexicographicallyPrecedes(b.element.form)
        }
        var merged: [Exception] = []
        for (_, pair) in sorted {
            if merged.last?.form != pair.form { merged.append(Exception(form: pair.form, candidates: [])) }
            if let known = merged.last?.candidates, !known.contains(pair.candidate) {
                merged[merged.count - 1].candidates.append(pair.candidate)
            }
        }
        exceptions = merged
        self.detachesEnglishEndings = detachesEnglishEndings
    }

    /// The English rules alone.
    public static let english = Lemmatizer(exceptions: [], detachesEnglishEndings: true)

    /// The possible dictionary forms of `word`, which is lower-case UTF-8: exceptions first, then the rules' in their order.
    public func candidates(for word: [UInt8]) -> [Candidate] {
        var (low, high) = (0, exceptions.count)
        while low < high {
            let middle = (low + high) / 2
            if exceptions[middle].form.lexicographicallyPrecedes(word) { low = middle + 1 } else { high = middle }
        }
        var found: [Candidate] = []
        if low < exceptions.count, exceptions[low].form == word { found = exceptions[low].candidates }
        // morphy takes nothing off words of one or two letters.
        guard detachesEnglishEndings, word.count > 2 else { return found }
        for rule in Lemmatizer.englishRules where word.count > rule.ending.count {
            guard word.suffix(rule.ending.count).elementsEqual(rule.ending) else { continue }
            if rule.kind == .noun, rule.ending.count == 1, word.dropLast().last == UInt8(ascii: "s") { continue }
            let lemma = word.dropLast(rule.ending.count) + rule.replacement
            let candidate = Candidate(lemma: Array(lemma), partOfSpeech: rule.kind)
            if !found.contains(candidate) { found.append(candidate) }
        }
        return found
    }

    /// One rule: an ending, what replaces it, and what kind of word the result must be.
    private struct Rule: Sendable {
        var kind: PartOfSpeech
        var ending: [UInt8]
        var replacement: [UInt8]

        init(_ kind: PartOfSpeech, _ ending: String, _ replacement: String) {
            (self.kind, self.ending, self.replacement) = (kind, Array(ending.utf8), Array(replacement.utf8))
        }
    }

    private static let englishRules = [
        Rule(.noun, "s", ""), Rule(.noun, "ses", "s"), Rule(.noun, "xes", "x"), Rule(.noun, "zes", "z"),
        Rule(.noun, "ches", "ch"), Rule(.noun, "shes", "sh"), Rule(.noun, "men", "man"), Rule(.noun, "ies", "y"),
        Rule(.verb, "s", ""), Rule(.verb, "ies", "y"), Rule(.verb, "es", "e"), Rule(.verb, "es", ""),
        Rule(.verb, "ed", "e"), Rule(.verb, "ed", ""), Rule(.verb, "ing", "e"), Rule(.verb, "ing", ""),
        Rule(.adjective, "er", ""), Rule(.adjective, "est", ""), Rule(.adjective, "er", "e"),
        Rule(.adjective, "est", "e"),
    ]
}

extension Lexicon {
    /// A sense found for a word, and the dictionary form that has it.
    public struct Match: Hashable, Sendable {
        /// The dictionary form, UTF-8.
        public var lemma: [UInt8]
        /// The sense.
        public var sense: Sense
    }

    /// The senses of `word` (lower-case UTF-8) and of its dictionary forms, the most frequent one first.
    ///
    /// - Parameter lemmatizer: used instead of the lexicon's own, for lexicons that have none.
    public func matches(for word: [UInt8], lemmatizer: Lemmatizer? = nil) -> [Match] {
        var matches = senses(of: word).map { Match(lemma: word, sense: $0) }
        for candidate in (self.lemmatizer ?? lemmatizer)?.candidates(for: word) ?? [] where candidate.lemma != word {
            let kind = candidate.partOfSpeech
            let fitting = senses(of: candidate.lemma).filter { $0.partOfSpeech == kind || $0.partOfSpeech == .unknown }
            for sense in fitting where !matches.contains(where: { $0.lemma == candidate.lemma && $0.sense == sense }) {
                matches.append(Match(lemma: candidate.lemma, sense: sense))
            }
        }
        return matches.enumerated().sorted { ($1.element.sense.count, $0.offset) < ($0.element.sense.count, $1.offset) }
            .map(\.element)
    }
}
