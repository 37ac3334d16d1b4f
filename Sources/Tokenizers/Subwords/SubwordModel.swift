/// The algorithm that turns words into ids.
protocol SubwordModel: Sendable {
    /// Appends the ids of each of `words`, ranges of `text`, in order.
    func encode(_ text: [UInt8], words: [Range<Int>], into ids: inout [Int])

    /// What is known of the tokens' frequencies.
    var frequencyEvidence: FrequencyEvidence { get }
}
