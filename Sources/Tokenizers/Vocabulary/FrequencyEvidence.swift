/// What a tokenizer's training left behind about how often each of its tokens occurs.
public enum FrequencyEvidence: Hashable, Sendable {
    /// Natural logarithms of probabilities by id, of each unigram model over the vocabulary (Marian has one a side).
    /// Ids without a number never come out of encoding.
    case logProbabilities([[Int: Double]])
    /// Ids from the most frequent to the rarest: the order of merges, of scores that are ranks, or of the ids themselves.
    case ranking([Int])
}
