import ArgumentParser
import Foundation
import JSONText
import Runtime
import TensorFile
import Tokenizers

/// `seeconv eval MODEL --perplexity FILE | --logits IDS.npy -o OUT.npz`
struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Measures a language model on a text, or writes its scores for comparison with other programs.",
        discussion: """
            --perplexity: the text runs through the model in windows of --context tokens, --stride apart; each token but \
            the first is scored once. --logits: token ids [T] or [B, T] in, an archive with logits and hidden_0 to \
            hidden_L out, in F32.
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

    @Option(help: ArgumentHelp("Token ids in an .npy file.", valueName: "ids.npy"))
    var logits: String?

    @Option(name: .shortAndLong, help: "The archive that --logits writes.")
    var output: String?

    @Option(help: "The tokenizer's file or folder, where the model has none.")
    var tokenizer: String?

    @Flag(help: "The result as JSON.")
    var json = false

    @Flag(help: "Replace an existing output.")
    var force = false

    @Option(help: "Factored tables: automatic (the faster way, measured), factored, or dense (rebuilt).")
    var tables = TableForm.automatic

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (perplexity == nil) != (logits == nil) else {
            throw ValidationError("Give one of --perplexity FILE and --logits IDS.npy.")
        }
        guard (logits == nil) == (output == nil) else { throw ValidationError("--logits and --output go together.") }
        guard context ?? 2 >= 2 else { throw ValidationError("--context must be at least 2.") }
        guard stride ?? 1 >= 1 else { throw ValidationError("--stride must be at least 1.") }
    }

    func run() throws {
        try common.run {
            let model = try LanguageModel(opening: model, tables: tables)
            if let logits, let output {
                let (shape, tokens) = try LogitsExport.tokens(at: logits)
                try LogitsExport(model.decoder).write(tokens, shape: shape, to: output, replacing: force)
                print(
                    "\(output): logits and \(model.decoder.shape.layerCount + 1) hidden states of \(tokens.count) tokens"
                )
            }
            if let perplexity { try measure(perplexity, model) }
        }
    }

    private func measure(_ path: String, _ model: LanguageModel) throws {
        let tokenizer = try model.tokenizer(at: tokenizer)
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
