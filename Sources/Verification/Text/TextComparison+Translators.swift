import LinearAlgebra
import Runtime
import TensorFile
import Tokenizers
import Transformer

extension TextComparison {
    /// Both translators read the lines of the text, some at a time, and score one translation of each line token by token:
    /// that of the text's target file, or the one that the reference finds when it takes the likeliest token always. What
    /// the reference's options forbid never comes; hidden states are those of the places that predict a token.
    static func translators(
        _ reference: Translator,
        _ candidate: Translator,
        _ text: VerificationText,
        _ progress: (Double) -> Void
    ) throws -> TextComparison {
        let reader = try TranslatorReader(reference, candidate, text)
        let comparison = TranslatorComparison(reference, candidate)
        var batch = SentenceBatch(limit: 768)
        var targets: [[UInt8]] = []
        var count = 0

        func compare() throws {
            guard !batch.texts.isEmpty else { return }
            let texts = RaggedBatch(batch.texts)
            let tokens =
                text.target == nil
                ? try comparison.greedy(texts)
                : try zip(batch.lines, targets).map { try reader.targetTokens($1, line: $0) }
            try comparison.add(texts, tokens) {
                "line \(batch.lines[$0]), token \($1) of \(text.targetFile ?? "its translation")"
            }
            count += texts.tokens.count
            batch.removeAll()
            targets = []
        }

        let lines = text.lines
        for (index, line) in lines.enumerated() {
            let tokens = try reader.tokens(line.bytes, line: line.number)
            if let limit = text.maximumTokens, count + batch.tokenCount + tokens.count > limit,
                count + batch.tokenCount > 0
            {
                break
            }
            if !batch.fits(tokens) || batch.texts.count == TranslatorComparison.textsPerBatch {
                try compare()
                progress(Double(index) / Double(lines.count))
            }
            batch.append(tokens, line: line.number)
            if let target = text.target { targets.append(target[line.number - 1]) }
        }
        try compare()
        guard comparison.distributions.count > 0 else {
            throw TensorFileError(
                .missing,
                file: text.targetFile ?? text.file,
                place: "text",
                cause: "no translation holds a token",
                remedy: "give another text"
            )
        }
        return TextComparison(
            .translator,
            on: text,
            tokens: comparison.distributions.count,
            hiddenStateErrors: comparison.written.relativeErrors,
            sourceHiddenStateErrors: comparison.read.relativeErrors,
            distributions: comparison.distributions
        )
    }
}

/// Lines of a text and its translation as tokens, on which both models' tokenizers agree.
private struct TranslatorReader {
    private let tokenizers: PairedTokenizers
    private let text: VerificationText
    /// Tokens that a line, and that a translation, may have.
    private let limits: (source: Int, target: Int)

    init(_ reference: Translator, _ candidate: Translator, _ text: VerificationText) throws {
        tokenizers = PairedTokenizers(
            candidatePath: candidate.path,
            reference: try reference.tokenizer(at: text.tokenizer),
            candidate: text.tokenizer == nil ? try candidate.tokenizer() : nil
        )
        self.text = text
        let (a, b) = (reference.model, candidate.model)
        limits = (
            min(a.encoder.contextLength, b.encoder.contextLength), min(a.contextLength, b.contextLength)
        )
    }

    /// The tokens of a line of the text.
    func tokens(_ bytes: [UInt8], line: Int) throws -> [Int] {
        let place = text.place(line)
        let tokens = try tokenizers.tokens(at: place) {
            $0.encode(utf8: bytes, EncodingOptions(addsSpecialTokens: true))
        }
        try TextComparison.check(tokens, place)
        try check(tokens.count, limits.source, place)
        return tokens
    }

    /// The tokens of a line of the translation, with the one that ends it.
    func targetTokens(_ bytes: [UInt8], line: Int) throws -> [Int] {
        let place = (file: text.targetFile ?? text.file, place: "line \(line)")
        let tokens = try tokenizers.tokens(at: place) { tokenizer in
            let options = EncodingOptions(addsSpecialTokens: true)
            guard let marian = tokenizer as? MarianTokenizer else { return tokenizer.encode(utf8: bytes, options) }
            return marian.encodeTarget(utf8: bytes, options)
        }
        // The token that begins a translation takes the place of its last one.
        try check(tokens.count, limits.target, place)
        return tokens
    }

    private func check(_ count: Int, _ limit: Int, _ origin: (file: String, place: String)) throws(TensorFileError) {
        guard count > limit else { return }
        throw TensorFileError(
            .limit,
            file: origin.file,
            place: origin.place,
            cause: "\(count) tokens, the models hold at most \(limit)",
            remedy: "divide the line into sentences"
        )
    }
}

/// The sums of a comparison of translators.
///
/// It belongs to one thread at a time.
private final class TranslatorComparison {
    /// Lines that are translated together.
    static let textsPerBatch = 64

    private let reference: Translator
    private let candidate: Translator
    private let options: TranslationOptions
    private let forbidden: [Int]
    /// Hidden states of the reading half.
    let read: HiddenStateComparison
    /// Hidden states of the writing half.
    let written: HiddenStateComparison
    private(set) var distributions = DistributionComparison()

    init(_ reference: Translator, _ candidate: Translator) {
        self.reference = reference
        self.candidate = candidate
        read = HiddenStateComparison(count: reference.model.encoder.shape.layerCount + 1)
        written = HiddenStateComparison(count: reference.model.shape.layerCount + 1)
        var options = reference.options
        options.beams = 1
        options.maximumLength = min(options.maximumLength, candidate.model.contextLength)
        self.options = options
        // As in the search: a token that may never come, such as Marian's padding, whose score means nothing.
        forbidden = options.forbidden.compactMap { sequence in
            guard sequence.count == 1, !options.endTokens.contains(sequence[0]) else { return nil }
            return sequence[0]
        }
    }

    /// The reference's translations of `texts`, each with a token that ends it where the context has room for it.
    func greedy(_ texts: RaggedBatch) throws -> [[Int]] {
        let limit = min(reference.model.contextLength, candidate.model.contextLength)
        return try reference.model.translate(texts, options).map { tokens in
            tokens.count < limit ? tokens + options.endTokens.prefix(1) : tokens
        }
    }

    /// Adds the translations `targets` of `texts`; `place` names a token of one of them, for messages.
    func add(_ texts: RaggedBatch, _ targets: [[Int]], place: (_ text: Int, _ token: Int) -> String) throws {
        let (read, written) = (read, written)
        let states = (
            reference: try TranslationState(reference.model, reading: texts) { read.keep($0, $1) },
            candidate: try TranslationState(candidate.model, reading: texts) { read.compare($0, $1) }
        )
        var active = targets.indices.filter { !targets[$0].isEmpty }
        states.reference.select(active)
        states.candidate.select(active)
        var step = 0
        while !active.isEmpty {
            let inputs = active.map { step == 0 ? options.startToken : targets[$0][step - 1] }
            try states.reference.append(inputs, observe: { written.keep($0, $1) }) { _ in }
            try states.candidate.append(inputs, observe: { written.compare($0, $1) }) { hidden in
                try written.reference(reference.model.shape.layerCount).withView { kept in
                    try distributions.add(
                        .init(path: reference.path, hidden: kept, head: reference.model.head),
                        .init(path: candidate.path, hidden: hidden, head: candidate.model.head),
                        targets: active.map { targets[$0][step] },
                        forbidden: forbidden
                    ) { place(active[$0], step) }
                }
            }
            step += 1
            let left = active.indices.filter { targets[active[$0]].count > step }
            states.reference.select(left)
            states.candidate.select(left)
            active = left.map { active[$0] }
        }
    }
}
