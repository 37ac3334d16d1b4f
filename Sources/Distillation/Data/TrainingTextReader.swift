import JSONText
import Runtime
import TensorFile
import Tokenizers

/// Where the texts of a training come from.
public enum TrainingSource: Sendable, Hashable {
    /// A file of text. A decoder reads it as one long text, an encoder and a translator line by line; what a translator
    /// should write comes from the teacher. In a file that ends in `.jsonl` each line is an object, with the member `text` or,
    /// for translators, `source` and `target`.
    case text(String)
    /// Two files of lines that belong together.
    case parallel(source: String, target: String)
    /// So many texts that the teacher writes itself.
    case teacher(Int)

    /// The source in words, for messages.
    public var name: String {
        switch self {
        case .text(let file): file
        case .parallel(let source, let target): "\(source), \(target)"
        case .teacher(let count): "\(count) texts of the teacher"
        }
    }
}

/// Reads the texts of a training by the tokenizer of the teacher.
public struct TrainingTextReader: Sendable {
    /// The texts, and what a user should hear of the reading.
    public struct Texts: Sendable {
        /// The texts.
        public var texts: [TrainingText] = []
        /// Remarks: texts that were cut or left out.
        public var notes: [String] = []

        fileprivate static func += (all: inout Texts, more: Texts) {
            all.texts += more.texts
            all.notes += more.notes
        }
    }

    /// The teacher.
    public let model: RunnableModel
    /// Its tokenizer.
    public let tokenizer: any Tokenizer
    /// Tokens of a decoder's text, and the most of a text that a teacher writes.
    public var window: Int
    /// The seed of texts that the teacher writes.
    public var seed: UInt64
    /// Hears how much of a source is translated or written, and of how much.
    public var progress: @Sendable (Int, Int) -> Void = { _, _ in }

    /// A decoder's usual text.
    public static let usualWindow = 256

    /// Reads for `model`, by the tokenizer at `path` or its own.
    public init(_ model: RunnableModel, tokenizer path: String? = nil, window: Int? = nil, seed: UInt64) throws {
        self.model = model
        (tokenizer, self.seed) = (try model.tokenizer(at: path), seed)
        let context = model.contextLength
        self.window = max(2, min(window ?? Self.usualWindow, context))
    }

    /// The texts of all `sources`, in their order.
    ///
    /// - Throws: As for one source.
    public func texts(of sources: [TrainingSource]) throws -> Texts {
        try sources.reduce(into: Texts()) { $0 += try texts(of: $1) }
    }

    /// The texts of `source`.
    ///
    /// - Throws: `TensorFileError` for files that cannot be read, are not UTF-8, hold no object in a line where one belongs, or
    ///   do not belong together, and for sources that the model has no use for.
    public func texts(of source: TrainingSource) throws -> Texts {
        switch (source, model) {
        case (.teacher(let count), .language(let model)):
            return try TeacherWriting(model, tokenizer: tokenizer, length: window, seed: seed).texts(count, progress)
        case (.teacher, _):
            throw unfit(source, "only a decoder writes texts of its own", "give sentences: --text FILE")
        case (.parallel(let source, let target), .translator(let model)):
            return try pairs(lines(source), lines(target), model, source, target)
        case (.parallel, _):
            throw unfit(source, "only a translator learns from pairs of files", "give texts: --text FILE")
        case (.text(let file), _):
            return try texts(in: file)
        }
    }

    private func unfit(_ source: TrainingSource, _ cause: String, _ remedy: String) -> TensorFileError {
        TensorFileError(.unsupported, file: source.name, place: "training data", cause: cause, remedy: remedy)
    }

    private func texts(in file: String) throws -> Texts {
        if file.hasSuffix(".jsonl") { return try objects(in: file) }
        switch model {
        case .language(let model):
            return Texts(texts: windows(of: try bytes(of: file), model.endTokens, isWhole: false))
        case .encoder(let model): return try sentences(lines(file), model, file)
        case .translator(let model): return try translated(lines(file), model, file)
        }
    }

    /// The objects of a file, a line each.
    private func objects(in file: String) throws -> Texts {
        let objects = try lines(file).enumerated().compactMap { index, line -> (Int, JSONValue)? in
            guard line.contains(where: { $0 != UInt8(ascii: " ") }) else { return nil }
            do {
                return (index, try JSONValue(parsing: line))
            } catch let error as JSONError {
                throw Self.malformed(file, index, error.cause, "write one JSON object a line")
            }
        }
        func texts(_ key: String) throws -> [[UInt8]] {
            try objects.map { index, object in
                guard let text = object[key]?.string else {
                    throw Self.malformed(file, index, "no text called \"\(key)\"", "write one JSON object a line")
                }
                return Array(text.utf8)
            }
        }
        switch model {
        case .language(let model):
            return Texts(texts: try texts("text").flatMap { windows(of: $0, model.endTokens, isWhole: true) })
        case .encoder(let model): return try sentences(texts("text"), model, file)
        case .translator(let model):
            let isPaired = objects.first?.1["target"] != nil
            return isPaired
                ? try pairs(texts("source"), texts("target"), model, file, file)
                : try translated(texts("text"), model, file)
        }
    }

    // MARK: Texts of each kind of model

    /// A long text in windows; the last one may be short. A whole text ends with the token that ends one.
    private func windows(of text: [UInt8], _ ends: [Int], isWhole: Bool) -> [TrainingText] {
        var tokens = tokenizer.encode(utf8: text, EncodingOptions(addsSpecialTokens: true))
        let end = tokenizer.vocabulary.specialTokens.end ?? ends.first
        if isWhole, let end, tokens.last != end { tokens.append(end) }
        return stride(from: 0, to: tokens.count, by: window).compactMap { first in
            let part = Array(tokens[first..<min(first + window, tokens.count)])
            // A single token has nothing to tell.
            return part.count < 2 ? nil : TrainingText(part)
        }
    }

    private func sentences(_ lines: [[UInt8]], _ encoder: SentenceEncoder, _ file: String) throws -> Texts {
        var result = Texts()
        var cut = 0
        for (index, line) in lines.enumerated() where !Self.isBlank(line) {
            let (tokens, isCut) = try encoder.tokens(of: line, by: tokenizer, place: (file, "line \(index + 1)"))
            result.texts.append(TrainingText(tokens))
            cut += isCut ? 1 : 0
        }
        if cut > 0 { result.notes.append("\(file): \(cut) lines cut to \(encoder.maximumTokens) tokens") }
        return result
    }

    /// The teacher's own translations of `lines`: what it would write is easier to learn than what people wrote (Kim, Rush
    /// 2016).
    private func translated(_ lines: [[UInt8]], _ translator: Translator, _ file: String) throws -> Texts {
        var greedy = translator
        greedy.options.beams = 1
        let count = lines.count
        let counter = SharedCount()
        let written = try greedy.translate(lines, by: tokenizer, file: file) { done in
            progress(counter.adding(done), count)
        }
        return try pairs(lines, written.map { Array($0.utf8) }, translator, file, "the teacher's translations")
    }

    private func pairs(
        _ sources: [[UInt8]],
        _ targets: [[UInt8]],
        _ translator: Translator,
        _ sourceFile: String,
        _ targetFile: String
    ) throws -> Texts {
        guard sources.count == targets.count else {
            throw TensorFileError(
                .mismatch,
                file: targetFile,
                place: "lines",
                cause: "\(targets.count) lines, \(sourceFile) has \(sources.count)",
                remedy: "give files whose lines belong together"
            )
        }
        let context = translator.model.contextLength
        let options = EncodingOptions(addsSpecialTokens: true)
        let marian = tokenizer as? MarianTokenizer
        var result = Texts()
        var long = 0
        for (source, target) in zip(sources, targets) where !Self.isBlank(source) && !Self.isBlank(target) {
            let written =
                marian?.encodeTarget(utf8: target, options) ?? tokenizer.encode(utf8: target, options)
            let pair = TrainingText(tokenizer.encode(utf8: source, options), target: written)
            if max(pair.tokens.count, written.count) > min(context, translator.model.encoder.contextLength) {
                long += 1
            } else {
                result.texts.append(pair)
            }
        }
        if long > 0 { result.notes.append("\(sourceFile): \(long) pairs left out, longer than the model's context") }
        return result
    }

    // MARK: Files

    private func lines(_ file: String) throws -> [[UInt8]] { UTF8Line.lines(of: try bytes(of: file)) }

    private func bytes(of file: String) throws -> [UInt8] {
        let input = try InputFile(file)
        let bytes = try input.bytes(at: 0, count: input.size)
        guard (try? UTF8Span(validating: bytes.span)) != nil else {
            throw TensorFileError(
                .malformed,
                file: file,
                place: "text",
                cause: "the file is not UTF-8",
                remedy: "convert the text to UTF-8"
            )
        }
        return bytes
    }

    private static func isBlank(_ line: [UInt8]) -> Bool {
        line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }

    private static func malformed(_ file: String, _ line: Int, _ cause: String, _ remedy: String) -> TensorFileError {
        TensorFileError(.malformed, file: file, place: "line \(line + 1)", cause: cause, remedy: remedy)
    }
}
