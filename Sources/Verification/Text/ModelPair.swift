import Runtime
import TensorFile
import Tokenizers

/// Two models of one family and of the same sizes, opened to be run side by side.
public enum ModelPair: Sendable {
    /// Models that continue texts.
    case decoders(reference: LanguageModel, candidate: LanguageModel)
    /// Models that turn sentences into vectors.
    case encoders(reference: SentenceEncoder, candidate: SentenceEncoder)
    /// Models that translate.
    case translators(reference: Translator, candidate: Translator)

    /// Opens both models; factored tables take the form `tables`.
    ///
    /// - Throws: `TensorFileError` where the models are of different families, widths or numbers of layers or tokens, and
    ///   what opening them throws.
    public init(reference: String, candidate: String, tables: TableForm = .dense) throws {
        let first = try RunnableModel(opening: reference, tables: tables)
        let second = try RunnableModel(opening: candidate, tables: tables)
        var sizes: [(name: String, reference: Int, candidate: Int)] = []
        switch (first, second) {
        case (.language(let one), .language(let other)):
            self = .decoders(reference: one, candidate: other)
            let (a, b) = (one.decoder, other.decoder)
            sizes = [
                ("width of hidden states", a.shape.width, b.shape.width),
                ("number of layers", a.shape.layerCount, b.shape.layerCount),
                ("number of tokens", a.head.tokenCount, b.head.tokenCount),
            ]
        case (.encoder(let one), .encoder(let other)):
            self = .encoders(reference: one, candidate: other)
            sizes = [
                ("width of hidden states", one.width, other.width),
                ("number of layers", one.encoder.shape.layerCount, other.encoder.shape.layerCount),
            ]
        case (.translator(let one), .translator(let other)):
            self = .translators(reference: one, candidate: other)
            let (a, b) = (one.model, other.model)
            sizes = [
                ("width of hidden states", a.shape.width, b.shape.width),
                ("number of the reading half's layers", a.encoder.shape.layerCount, b.encoder.shape.layerCount),
                ("number of the writing half's layers", a.shape.layerCount, b.shape.layerCount),
                ("number of tokens", a.head.tokenCount, b.head.tokenCount),
            ]
        default:
            throw Self.mismatch(
                candidate,
                "model type",
                "\(second.kind), where \(reference) is \(first.kind)"
            )
        }
        for size in sizes where size.reference != size.candidate {
            throw Self.mismatch(candidate, size.name, "\(size.candidate), where \(reference) has \(size.reference)")
        }
    }

    /// Whether the models give scores of a next token.
    var predictsTokens: Bool {
        if case .encoders = self { false } else { true }
    }

    /// Whether the models translate.
    var translates: Bool {
        if case .translators = self { true } else { false }
    }

    static func mismatch(_ candidate: String, _ place: String, _ cause: String) -> TensorFileError {
        TensorFileError(
            .mismatch,
            file: candidate,
            place: place,
            cause: cause,
            remedy: "compare a model with one made from it"
        )
    }
}

extension RunnableModel {
    /// What the model is, in words.
    fileprivate var kind: String {
        switch self {
        case .language: "a decoder"
        case .encoder: "a sentence encoder"
        case .translator: "a translator"
        }
    }
}

/// The tokenizers of two models, which must agree on the text that both are to read.
struct PairedTokenizers {
    /// The candidate's path, for messages.
    let candidatePath: String
    /// The reference's.
    let reference: any Tokenizer
    /// The candidate's; nil where the user names one for both models.
    let candidate: (any Tokenizer)?

    /// What `encode` makes of a text with the reference's tokenizer, where the candidate's gives the same.
    func tokens(
        at place: @autoclosure () -> (file: String, place: String),
        _ encode: (any Tokenizer) throws -> [Int]
    ) throws -> [Int] {
        let tokens = try encode(reference)
        guard let candidate else { return tokens }
        let others = try encode(candidate)
        guard tokens != others else { return tokens }
        let first = zip(tokens, others).prefix { $0 == $1 }.count
        func name(_ tokens: [Int]) -> String { first < tokens.count ? "\(tokens[first])" : "missing" }
        let (file, line) = place()
        throw ModelPair.mismatch(
            candidatePath,
            "tokenizer",
            "token \(first) of \(line) of \(file) is \(name(others)), \(name(tokens)) by the reference's tokenizer"
        )
    }
}
