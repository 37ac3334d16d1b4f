import LinearAlgebra

/// One text in the making: a model, the tokens so far, and what the model remembers of them.
///
/// It belongs to one thread at a time.
public final class DecoderSequence {
    /// The model.
    public let model: DecoderModel
    /// Tokens that fit.
    public let capacity: Int
    /// The tokens so far.
    public private(set) var tokens: [Int] = []
    private let cache: KeyValueCache
    private let activations: DecoderActivations
    private var isLong = false
    /// Tokens that the text will have at least, as far as the caller knows.
    private var expectedLength = 0

    /// An empty sequence of up to `capacity` tokens (default and limit: the model's context).
    ///
    /// - Throws: kind `contextOverflow` where the system has no room for the cache.
    public init(_ model: DecoderModel, capacity: Int? = nil) throws(TransformerError) {
        self.model = model
        self.capacity = max(0, min(capacity ?? model.shape.contextLength, model.shape.contextLength))
        cache = try model.makeCache(capacity: self.capacity)
        activations = DecoderActivations(model.shape, capacity: min(DecoderModel.batchSize, max(1, self.capacity)))
    }

    /// Bytes that the cache takes when the sequence is full.
    public var cacheByteCount: Int { cache.byteCount }

    /// Appends `tokens` and calls `body` for each batch of them with the place of its first token among `tokens` and
    /// its normalised hidden states `[T, width]`.
    ///
    /// A model with two lists of frequencies starts again from the first token when the sequence outgrows the first list,
    /// as the reference does: `body` then sees the new tokens only, all the same.
    public func append(
        _ tokens: [Int],
        observe: ((_ layer: Int, _ first: Int, MatrixView<Float>) -> Void)? = nil,
        _ body: (Int, MatrixView<Float>) throws -> Void
    ) throws {
        try check(tokens)
        let length = max(expectedLength, self.tokens.count + tokens.count)
        var pending = tokens[...]
        var place = 0
        if model.shape.rotary.isLong(length: length) != isLong {
            isLong.toggle()
            place = -self.tokens.count
            pending = (self.tokens + tokens)[...]
            cache.truncate(to: 0)
        }
        self.tokens += tokens
        while !pending.isEmpty {
            // Tokens of the past run by themselves, so that a batch is either of the past or new.
            let count = min(activations.capacity, place < 0 ? -place : pending.count)
            let start = place
            let hidden = model.forward(
                pending.prefix(count),
                cache: cache,
                activations: activations,
                isLong: isLong,
                observe: start < 0 ? nil : observe.map { observe in { observe($0, start, $1) } }
            )
            if start >= 0 { try body(start, hidden) }
            pending = pending.dropFirst(count)
            place += count
        }
    }

    /// Appends `tokens` and gives the scores of the token that may follow, one for each token of the vocabulary.
    public func logits(appending tokens: [Int]) throws -> [Float] {
        var logits = [Float](repeating: 0, count: model.head.tokenCount)
        try append(tokens) { first, hidden in
            guard first + hidden.rows == tokens.count else { return }
            logits.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                model.head.write(
                    logitsOf: hidden.extracting(rows: hidden.rows - 1..<hidden.rows, columns: 0..<hidden.columns),
                    to: MutableMatrixView(base, rows: 1, columns: model.head.tokenCount)
                )
            }
        }
        return logits
    }

    /// Forgets all tokens. Of the next text at least `length` tokens will come: a model with two lists of frequencies then
    /// takes the one for this length from the first token on, however many come at a time.
    public func removeAll(expecting length: Int = 0) {
        tokens = []
        expectedLength = length
        isLong = model.shape.rotary.isLong(length: length)
        cache.truncate(to: 0)
    }

    private func check(_ new: [Int]) throws(TransformerError) {
        guard !new.isEmpty else {
            throw TransformerError(
                .emptyInput,
                place: "input",
                cause: "there are no tokens",
                remedy: "give at least one token, such as the one that begins a text"
            )
        }
        if let place = new.firstIndex(where: { $0 < 0 || $0 >= model.embedding.tokenCount }) {
            throw TransformerError(
                .tokenOutOfRange,
                place: "token \(place) of the input",
                cause: "id \(new[place]) is outside the table of \(model.embedding.tokenCount) tokens",
                remedy: "use the model's own tokenizer"
            )
        }
        guard new.count <= capacity - tokens.count else {
            throw TransformerError(
                .contextOverflow,
                place: "input",
                cause: "\(tokens.count) + \(new.count) tokens, the context holds \(capacity)",
                remedy: "shorten the text, or ask for fewer tokens"
            )
        }
    }
}
