import LinearAlgebra
import TensorFile
import Tokenizers
import Transformer

/// A translator that is ready to run, with what its files say beside the weights.
public struct Translator: Sendable {
    /// The path that was opened.
    public let path: String
    /// The family's name.
    public let family: String
    /// The model.
    public let model: TranslationModel
    /// How translations are searched for, as the model's files say.
    public var options: TranslationOptions
    /// The names of the tensors, for training.
    let architecture: TranslatorArchitecture
    /// The names of the vocabulary tables, for training.
    let tables: TranslatorTables
    private let companionPath: String

    /// Opens a model directory, a GGUF file, a workspace, or a factored checkpoint of either.
    public init(opening path: String, tables: TableForm = .automatic) throws {
        try self.init(OpenedModel(opening: path, tables: tables))
    }

    /// The translator in `opened`.
    init(_ opened: OpenedModel) throws {
        let family = try opened.family(
            "translator",
            known: TranslatorArchitecture.all.flatMap(\.modelTypes),
            named: TranslatorArchitecture.named
        )
        let loading = try TranslatorLoading(opened.weights, opened.configuration, family: family)
        path = opened.path
        self.family = family.name
        model = try loading.model()
        (architecture, tables) = (family, loading.tables)
        companionPath = opened.companionPath
        let configuration = ConfigurationReader(json: opened.configuration.json ?? .object([]), model: companionPath)
        options = try TranslationOptions(
            generation: try opened.companionReader("generation_config.json") ?? configuration,
            configuration: configuration,
            vocabularySize: model.head.tokenCount,
            contextLength: model.contextLength
        )
    }

    /// The tokenizer at `other`, or the model's own; one whose tokens do not fit the table is refused.
    public func tokenizer(at other: String? = nil) throws -> any Tokenizer {
        try OpenedModel.tokenizer(at: other ?? companionPath, rows: model.encoder.embedding.table.tokenCount)
    }

    /// Translates the lines of `source`, `batch` of them at a time; empty lines stay empty. `progress` hears how many
    /// lines are done; it may be called from several threads.
    ///
    /// Lines of like length are put together; results do not depend on the number of threads.
    /// - Throws: `TensorFileError` for lines that are not UTF-8 or longer than the model's context, naming `file` and the
    ///   line; `TransformerError` for scores that are not finite.
    public func translate(
        _ source: [[UInt8]],
        by tokenizer: any Tokenizer,
        batch: Int = 64,
        file: String,
        firstLine: Int = 1,
        progress: @Sendable (Int) -> Void = { _ in }
    ) throws -> [String] {
        var texts: [(line: Int, tokens: [Int])] = []
        for (index, line) in source.enumerated() {
            let place = "line \(firstLine + index)"
            try UTF8Line.check(line, (file, place))
            guard line.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else { continue }
            let tokens = tokenizer.encode(utf8: line, EncodingOptions(addsSpecialTokens: true))
            guard tokens.count <= model.encoder.contextLength else {
                throw TensorFileError(
                    .limit,
                    file: file,
                    place: place,
                    cause: "\(tokens.count) tokens, the model reads at most \(model.encoder.contextLength)",
                    remedy: "divide the line into sentences"
                )
            }
            texts.append((index, tokens))
        }
        // Longest first, so that the last batches are short ones.
        let sorted = texts.sorted { ($0.tokens.count, $1.line) > ($1.tokens.count, $0.line) }
        let parts = try Parallel.mapChunks(of: sorted.count, size: max(1, batch)) { range in
            let found = try model.translate(RaggedBatch(sorted[range].map(\.tokens)), options)
            progress(range.count)
            return found.map { tokenizer.decode($0) }
        }
        var lines = source.map { _ in "" }
        for (text, translation) in zip(sorted, parts.joined()) { lines[text.line] = translation }
        return lines
    }
}
