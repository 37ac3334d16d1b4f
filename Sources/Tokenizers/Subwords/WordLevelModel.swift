/// Whole words: a word is a token or it is unknown.
struct WordLevelModel: SubwordModel {
    let vocabulary: Vocabulary
    let unknown: Int?

    /// The words in the order of their ids.
    var frequencyEvidence: FrequencyEvidence {
        .ranking((0..<vocabulary.count).filter { vocabulary.kind($0) == .normal })
    }

    func encode(_ text: [UInt8], words: [Range<Int>], into ids: inout [Int]) {
        for word in words {
            if let id = vocabulary.table.find(text.span, word) ?? unknown { ids.append(id) }
        }
    }
}
