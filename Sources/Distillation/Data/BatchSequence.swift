/// The batches of a training, one after the other and epoch after epoch; what comes next depends on the position alone.
struct BatchSequence {
    private let data: TrainingData
    /// The most tokens of a batch.
    private let tokens: Int
    /// The batches of `epoch`.
    private var batches: [[Int]] = []
    private var epoch: Int?

    /// Batches of `data` of at most `tokens` tokens, or of one text.
    init(_ data: TrainingData, tokens: Int) { (self.data, self.tokens) = (data, tokens) }

    /// The batch at `position`, which moves on.
    mutating func next(_ position: inout TrainingState.Position) -> [TrainingText] {
        load(position.epoch)
        if position.batch >= batches.count {
            (position.epoch, position.batch) = (position.epoch + 1, 0)
            load(position.epoch)
        }
        defer { position.batch += 1 }
        return batches[position.batch].map { data.texts[$0] }
    }

    private mutating func load(_ epoch: Int) {
        guard epoch != self.epoch else { return }
        (batches, self.epoch) = (data.batches(epoch: epoch, tokens: tokens), epoch)
    }
}
