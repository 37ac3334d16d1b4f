import LinearAlgebra
import TensorFile
import Tokenizers
import Transformer

/// An encoder that is ready to turn sentences into vectors, as its sentence-transformers files say; a plain model's
/// vectors are means of its tokens' ones.
public struct SentenceEncoder: Sendable {
    /// The path that was opened.
    public let path: String
    /// The family's name.
    public let family: String
    /// The model.
    public let encoder: EncoderModel
    /// Its head that fills blanks, where it has one.
    public let head: MaskedLanguageHead?
    /// How tokens' vectors become a sentence's.
    public var pooling: SentencePooling
    /// Whether a sentence's vector is scaled to length 1.
    public var normalises: Bool
    /// Tokens of a sentence that count, special ones included.
    public var maximumTokens: Int
    /// The names of the tensors, for training.
    let names: EncoderTensorNames
    private let companionPath: String

    /// Tokens of sentences that go through the layers together: enough for the products of weights, few enough for the
    /// caches.
    private static let tokensPerBatch = 768

    /// Opens a model directory, a GGUF file, a workspace, or a factored checkpoint of either.
    public init(opening path: String, tables: TableForm = .automatic) throws {
        try self.init(OpenedModel(opening: path, tables: tables))
    }

    /// The encoder in `opened`.
    init(_ opened: OpenedModel) throws {
        let family = try opened.family(
            "sentence encoder",
            known: EncoderArchitecture.all.flatMap(\.modelTypes),
            named: EncoderArchitecture.named
        )
        let loading = try EncoderLoading(opened.weights, opened.configuration, family: family)
        let files = try SentenceTransformersFiles(beside: opened)
        path = opened.path
        self.family = family.name
        (encoder, head) = try loading.model()
        names = loading.names
        pooling = files.pooling ?? loading.configuration.pooling ?? .mean
        normalises = files.normalises
        maximumTokens = min(files.maximumTokens ?? encoder.contextLength, encoder.contextLength)
        companionPath = opened.companionPath
    }

    /// Numbers of a sentence's vector.
    public var width: Int { encoder.shape.width }

    /// The tokenizer at `other`, or the model's own; one whose tokens do not fit the table is refused.
    public func tokenizer(at other: String? = nil) throws -> any Tokenizer {
        try OpenedModel.tokenizer(at: other ?? companionPath, rows: encoder.embedding.table.tokenCount)
    }

    /// The tokens of `sentence`, with the special ones; what is beyond `maximumTokens` is cut off before the last one.
    ///
    /// - Throws: `TensorFileError` of kind `malformed` where the text is not UTF-8, which `place` then names.
    public func tokens(
        of sentence: [UInt8],
        by tokenizer: any Tokenizer,
        place: @autoclosure () -> (file: String, place: String)
    ) throws -> (tokens: [Int], isCut: Bool) {
        try UTF8Line.check(sentence, place())
        let tokens = tokenizer.encode(utf8: sentence, EncodingOptions(addsSpecialTokens: true))
        guard tokens.count > maximumTokens, let last = tokens.last else { return (tokens, false) }
        return (Array(tokens.prefix(maximumTokens - 1)) + [last], true)
    }

    /// The vectors of sentences given as tokens, `[sentences, width]`.
    ///
    /// Results do not depend on the number of threads.
    /// - Throws: `TransformerError` for sentences that are empty, too long or hold tokens beyond the table, and for vectors
    ///   that are not finite.
    public func vectors(of sentences: [[Int]]) throws -> Matrix {
        let batches = Self.batches(sentences)
        let parts = try Parallel.mapChunks(of: batches.count, size: 1) { range in
            try vectors(batch: batches[range.lowerBound], of: sentences)
        }
        return Matrix(rows: sentences.count, columns: width, elements: Array(parts.joined()))
    }

    /// Neighbouring sentences of about `tokensPerBatch` tokens together.
    private static func batches(_ sentences: [[Int]]) -> [Range<Int>] {
        var batches: [Range<Int>] = []
        var (first, count) = (0, 0)
        for (index, sentence) in sentences.enumerated() {
            if index > first, count + sentence.count > tokensPerBatch {
                batches.append(first..<index)
                (first, count) = (index, 0)
            }
            count += sentence.count
        }
        if first < sentences.count { batches.append(first..<sentences.count) }
        return batches
    }

    private func vectors(batch range: Range<Int>, of sentences: [[Int]]) throws -> [Float] {
        let batch = RaggedBatch(Array(sentences[range]), firstNumber: range.lowerBound)
        let activations = EncoderActivations(encoder.shape, capacity: batch.tokens.count)
        return try vectors(of: batch, hidden: encoder.forward(batch, activations: activations))
    }

    /// The vectors of the texts of `batch` `[texts, width]`, row after row, from the last hidden state `[T, width]` of
    /// their tokens.
    ///
    /// - Throws: `TransformerError` for vectors that are not finite.
    public func vectors(of batch: RaggedBatch, hidden: MatrixView<Float>) throws(TransformerError) -> [Float] {
        var vectors = [Float](repeating: 0, count: batch.count * width)
        vectors.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for text in 0..<batch.count {
                let rows = hidden.extracting(rows: batch.range(text), columns: 0..<width)
                pooling.forward(rows, into: base + text * width)
                if normalises { SentencePooling.normalise(base + text * width, width: width) }
            }
        }
        if let bad = vectors.firstIndex(where: { !$0.isFinite }) {
            throw TransformerError(
                .notFinite,
                place: "text \(batch.firstNumber + bad / width)",
                cause: "its vector holds NaN or infinity",
                remedy: "the weights hold NaN or infinity, or overflow; see: seeconv verify --structure MODEL"
            )
        }
        return vectors
    }
}
