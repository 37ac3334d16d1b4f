import ArgumentParser
import Foundation
import JSONText
import Runtime
import TensorFile
import Tokenizers

/// `seeconv eval MODEL --perplexity FILE | --bleu SRC REF | --similarity FILE --teacher MODEL | --logits IDS.npy -o OUT.npz`
struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Measures a model on text, or writes its scores for comparison with other programs.",
        discussion: """
            --perplexity: the text runs through the model in windows of --context tokens, --stride apart; each token but \
            the first is scored once. --bleu: translates SRC, one sentence a line, and scores the result against REF as \
            sacrebleu does by default. --similarity: compares an encoder's vectors of the lines of a file with those of \
            --teacher. --logits: token ids [T] or [B, T] in, an archive with logits and hidden_0 to hidden_L out, in F32; \
            of encoders and translators encoder_last too.
            """
    )

    @Argument(help: "A model directory, a GGUF file, a workspace, or a .bin file of llama2.c.")
    var model: String

    @Option(help: ArgumentHelp("The text whose perplexity is measured, in UTF-8.", valueName: "file"))
    var perplexity: String?

    @Option(help: "Tokens that the model sees at once (default: its context, at most 2048).")
    var context: Int?

    @Option(help: "Tokens that each window adds (default: half the context).")
    var stride: Int?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Sentences and their reference translations, two files.", valueName: "file")
    )
    var bleu: [String] = []

    @Option(help: ArgumentHelp("Sentences, one a line, whose vectors are compared.", valueName: "file"))
    var similarity: String?

    @Option(help: "The encoder that --similarity compares with.")
    var teacher: String?

    @Option(help: ArgumentHelp("Token ids in an .npy file.", valueName: "ids.npy"))
    var logits: String?

    @Option(help: ArgumentHelp("0 for token ids that do not count, 1 for others.", valueName: "mask.npy"))
    var mask: String?

    @Option(
        name: .customLong("token-types"),
        help: ArgumentHelp("The kinds of text of token ids.", valueName: "types.npy")
    )
    var tokenTypes: String?

    @Option(name: .customLong("decoder-ids"), help: ArgumentHelp("Token ids of translations.", valueName: "ids.npy"))
    var decoderIDs: String?

    @Option(name: .shortAndLong, help: "The archive that --logits writes.")
    var output: String?

    @Flag(help: "The result as JSON.")
    var json = false

    @Flag(help: "Replace an existing output.")
    var force = false

    @OptionGroup var tables: TableOptions

    @OptionGroup var search: SearchOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        let tasks = [perplexity != nil, !bleu.isEmpty, similarity != nil, logits != nil]
        guard tasks.filter(\.self).count == 1 else {
            throw ValidationError("Give one of --perplexity, --bleu, --similarity and --logits.")
        }
        guard bleu.isEmpty || bleu.count == 2 else { throw ValidationError("--bleu needs two files: SRC REF.") }
        guard (similarity == nil) == (teacher == nil) else {
            throw ValidationError("--similarity and --teacher go together.")
        }
        guard (logits == nil) == (output == nil) else { throw ValidationError("--logits and --output go together.") }
        guard context ?? 2 >= 2 else { throw ValidationError("--context must be at least 2.") }
        guard stride ?? 1 >= 1 else { throw ValidationError("--stride must be at least 1.") }
    }

    func run() throws {
        try common.run {
            if let logits, let output { try writeLogits(logits, to: output) }
            if let perplexity { try measure(perplexity, LanguageModel(opening: model, tables: tables.form)) }
            if bleu.count == 2 { try measureBLEU(source: bleu[0], reference: bleu[1]) }
            if let similarity, let teacher { try measureSimilarity(similarity, teacher: teacher) }
        }
    }

    private func measure(_ path: String, _ model: LanguageModel) throws {
        let tokenizer = try model.tokenizer(at: search.tokenizer)
        let file = try InputFile(path)
        let bytes = try file.bytes(at: 0, count: file.size)
        guard (try? UTF8Span(validating: bytes.span)) != nil else {
            throw TensorFileError(
                .malformed,
                file: path,
                place: "text",
                cause: "the file is not UTF-8",
                remedy: "convert the text to UTF-8"
            )
        }
        let tokens = tokenizer.encode(utf8: bytes, EncodingOptions(addsSpecialTokens: true))
        let limit = model.decoder.shape.contextLength
        let window = min(context ?? min(limit, 2048), limit)
        let measurement = Perplexity(window: window, stride: stride ?? max(1, window / 2))
        let bar = ProgressBar("scoring", total: Double(tokens.count), isQuiet: common.quiet) { done, rate in
            "\(Format.count(Int(done))) tokens, \(Format.count(Int(rate)))/s"
        }
        let result = try measurement.measure(tokens, with: model.decoder) { bar.update(Double($0)) }
        bar.finish()
        if json {
            let object: JSONValue = [
                "perplexity": .number(result.perplexity), "tokens": .integer(result.tokenCount),
                "negativeLogLikelihood": .number(result.negativeLogLikelihood), "context": .integer(measurement.window),
                "stride": .integer(measurement.stride),
            ]
            print(object.text(.indented))
        } else {
            print(
                "perplexity \(Format.significant(result.perplexity)) over \(Format.count(result.tokenCount)) tokens "
                    + "(windows of \(measurement.window), stride \(measurement.stride))"
            )
        }
    }
}
