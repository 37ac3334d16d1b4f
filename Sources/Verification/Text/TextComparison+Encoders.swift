import Runtime
import TensorFile
import Transformer

extension TextComparison {
    /// Both encoders read the lines of the text, each a sentence, some at a time. A model's vectors are pooled and scaled
    /// as its own files say; sentences are cut where the first of the two models cuts them.
    static func encoders(
        _ reference: SentenceEncoder,
        _ candidate: SentenceEncoder,
        _ text: VerificationText,
        _ progress: (Double) -> Void
    ) throws -> TextComparison {
        let tokenizers = PairedTokenizers(
            candidatePath: candidate.path,
            reference: try reference.tokenizer(at: text.tokenizer),
            candidate: text.tokenizer == nil ? try candidate.tokenizer() : nil
        )
        var reader = reference
        reader.maximumTokens = min(reference.maximumTokens, candidate.maximumTokens)
        let shape = reference.encoder.shape
        let states = HiddenStateComparison(count: shape.layerCount + 1)
        let batchTokens = HiddenStateComparison.tokens(count: shape.layerCount + 1, width: shape.width, limit: 768)
        var sentences = SentenceComparison()
        var batch = SentenceBatch(limit: batchTokens)
        var count = 0

        func compare() throws {
            guard !batch.texts.isEmpty else { return }
            let texts = RaggedBatch(batch.texts, firstNumber: sentences.cosines.values.count)
            let activations = (
                EncoderActivations(shape, capacity: texts.tokens.count),
                EncoderActivations(candidate.encoder.shape, capacity: texts.tokens.count)
            )
            let hidden = try reference.encoder.forward(texts, activations: activations.0) { states.keep($0, $1) }
            let other = try candidate.encoder.forward(texts, activations: activations.1) { states.compare($0, $1) }
            let vectors = try naming(reference.path) { try reference.vectors(of: texts, hidden: hidden) }
            let others = try naming(candidate.path) { try candidate.vectors(of: texts, hidden: other) }
            for (index, line) in batch.lines.enumerated() {
                let range = index * reference.width..<(index + 1) * reference.width
                sentences.add(vectors[range], others[range], line: line)
            }
            count += texts.tokens.count
            batch.removeAll()
        }

        let lines = text.lines
        for (index, line) in lines.enumerated() {
            let tokens = try tokenizers.tokens(at: text.place(line.number)) { tokenizer in
                try reader.tokens(of: line.bytes, by: tokenizer, place: text.place(line.number)).tokens
            }
            try check(tokens, text.place(line.number))
            if let limit = text.maximumTokens, count + batch.tokenCount + tokens.count > limit,
                count + batch.tokenCount > 0
            {
                break
            }
            if !batch.fits(tokens) {
                try compare()
                progress(Double(index) / Double(lines.count))
            }
            batch.append(tokens, line: line.number)
        }
        try compare()
        return TextComparison(
            .encoder,
            on: text,
            tokens: count,
            hiddenStateErrors: states.relativeErrors,
            sentences: sentences
        )
    }

    /// Refuses lines that the tokenizer makes nothing of.
    static func check(_ tokens: [Int], _ origin: (file: String, place: String)) throws(TensorFileError) {
        guard tokens.isEmpty else { return }
        throw TensorFileError(
            .value,
            file: origin.file,
            place: origin.place,
            cause: "the line holds no token of the vocabulary",
            remedy: "leave the line out"
        )
    }

    /// Runs `body`, whose errors are of the model at `path`.
    private static func naming<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as TransformerError {
            throw TensorFileError(
                .value,
                file: path,
                place: error.place,
                cause: error.cause,
                remedy: error.remedy
            )
        }
    }
}

/// Neighbouring lines that go through the layers together.
struct SentenceBatch {
    private let limit: Int
    /// The tokens of each line.
    private(set) var texts: [[Int]] = []
    /// The numbers of the lines.
    private(set) var lines: [Int] = []
    /// Tokens of all lines.
    private(set) var tokenCount = 0

    /// Lines of at most `limit` tokens together; a longer one is alone.
    init(limit: Int) { self.limit = limit }

    /// Whether there is room for a line of `tokens`.
    func fits(_ tokens: [Int]) -> Bool { texts.isEmpty || tokenCount + tokens.count <= limit }

    mutating func append(_ tokens: [Int], line: Int) {
        texts.append(tokens)
        lines.append(line)
        tokenCount += tokens.count
    }

    mutating func removeAll() { self = SentenceBatch(limit: limit) }
}
