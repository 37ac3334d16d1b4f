/// The synsets above each synset, over all lines of descent.
struct SynsetHierarchy {
    /// The deepest line of descent and the most synsets above one that are accepted: WordNet 3.0 has 20 and 60.
    static let mostAncestors = 512

    /// For each synset, those above it, sorted by number.
    let ancestors: [[Int32]]

    /// The hierarchy of `synsets`.
    ///
    /// - Throws: where a synset is above itself, naming one on the circle; where lines of descent are too long.
    init(_ synsets: [WordNetDictionary.Synset]) throws(LexiconError) {
        var waiting = synsets.map { Set($0.parents).count }
        var children: [[Int32]] = Array(repeating: [], count: synsets.count)
        for (number, synset) in synsets.enumerated() {
            for parent in Set(synset.parents) { children[parent].append(Int32(number)) }
        }
        var ready = synsets.indices.filter { waiting[$0] == 0 }
        var ancestors: [[Int32]] = Array(repeating: [], count: synsets.count)
        var done = 0
        while let synset = ready.popLast() {
            done += 1
            var above = Set(synsets[synset].parents.map { Int32($0) })
            for parent in synsets[synset].parents { above.formUnion(ancestors[parent]) }
            guard above.count <= SynsetHierarchy.mostAncestors else {
                throw LexiconError.line(
                    synsets[synset].line,
                    "\(above.count) synsets above one, at most \(SynsetHierarchy.mostAncestors) are accepted",
                    remedy: "name an unchanged WordNet release"
                ).inFile(synsets[synset].file)
            }
            ancestors[synset] = above.sorted()
            for child in children[synset] {
                waiting[Int(child)] -= 1
                if waiting[Int(child)] == 0 { ready.append(Int(child)) }
            }
        }
        if done < synsets.count { throw SynsetHierarchy.circle(synsets, waiting) }
        self.ancestors = ancestors
    }

    /// Walks up from a synset that never became ready until one comes again: that one is on a circle.
    private static func circle(_ synsets: [WordNetDictionary.Synset], _ waiting: [Int]) -> LexiconError {
        var seen: Set<Int> = []
        var current = waiting.firstIndex { $0 > 0 } ?? 0
        while seen.insert(current).inserted, let parent = synsets[current].parents.first(where: { waiting[$0] > 0 }) {
            current = parent
        }
        return LexiconError.line(
            synsets[current].line,
            "the synset of \"\(synsets[current].word[...].text)\" is above itself: the hierarchy has a circle",
            remedy: "name an unchanged WordNet release"
        ).inFile(synsets[current].file)
    }
}
