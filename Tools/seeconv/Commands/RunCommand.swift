import ArgumentParser
import Foundation
import Runtime
import Tokenizers
import Transformer

/// `seeconv run MODEL --prompt TEXT`
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Continues a text with a language model, token by token.",
        discussion: """
            Reads model directories, GGUF files, workspaces and factored checkpoints of LLaMA, Mistral and Phi-3 models. \
            Takes the best token always; --temperature draws. --chat writes the prompt down as a user's turn, in a fixed \
            form of the family: templates in files are never run.
            """
    )

    @Argument(help: "A model directory, a GGUF file, a workspace, or a .bin file of llama2.c.")
    var model: String

    @Option(name: .shortAndLong, help: "The text to continue; - reads it from standard input.")
    var prompt: String

    @Option(name: [.customShort("n"), .customLong("max-tokens")], help: "The most tokens to add.")
    var maximumTokens = 256

    @Option(help: "Scores are divided by it before drawing; 0 takes the best token always.")
    var temperature: Float = 0

    @Option(name: .customLong("top-k"), help: "Draw from so many of the best tokens only.")
    var topK: Int?

    @Option(name: .customLong("top-p"), help: "Draw from the best tokens that together reach this probability.")
    var topP: Float?

    @Option(name: .customLong("min-p"), help: "Draw from tokens at least this share as probable as the best.")
    var minP: Float?

    @Option(name: .customLong("repetition-penalty"), help: "Divides the scores of tokens that have come already.")
    var repetitionPenalty: Float = 1

    @Option(help: "Where random draws begin.")
    var seed: UInt64 = 0

    @Option(help: "A text that ends the answer; may be given several times.")
    var stop: [String] = []

    @Flag(help: "The prompt is a user's turn in a conversation.")
    var chat = false

    @Option(help: "The system's words in a conversation.")
    var system: String?

    @Option(help: "The tokenizer's file or folder, where the model has none.")
    var tokenizer: String?

    @Flag(name: .customLong("ignore-end"), help: "Go on after tokens that end a text.")
    var ignoresEnd = false

    @OptionGroup var tables: TableOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard temperature >= 0, temperature.isFinite else { throw ValidationError("--temperature must be 0 or more.") }
        guard maximumTokens >= 1 else { throw ValidationError("--max-tokens must be at least 1.") }
        guard topK ?? 1 >= 1 else { throw ValidationError("--top-k must be at least 1.") }
        for (name, share) in [("--top-p", topP), ("--min-p", minP)] {
            if let share, !(0...1).contains(share) { throw ValidationError("\(name) must lie in 0 to 1.") }
        }
        guard repetitionPenalty > 0, repetitionPenalty.isFinite else {
            throw ValidationError("--repetition-penalty must be greater than 0.")
        }
        if system != nil, !chat { throw ValidationError("--system needs --chat.") }
    }

    func run() throws {
        try common.run {
            let model = try LanguageModel(opening: model, tables: tables.form)
            let tokenizer = try model.tokenizer(at: tokenizer)
            var text = prompt
            if prompt == "-" {
                text = String(decoding: try FileHandle.standardInput.readToEnd() ?? Data(), as: UTF8.self)
            }
            if chat { text = try ChatTemplate(for: tokenizer.vocabulary).text(user: text, system: system) }
            let options = EncodingOptions(addsSpecialTokens: true, readsControlTokens: chat ? true : nil)
            var generator = TextGenerator(model, tokenizer: tokenizer)
            generator.sampling.temperature = temperature
            generator.sampling.topK = topK
            generator.sampling.topP = topP
            generator.sampling.minP = minP
            generator.sampling.repetitionPenalty = repetitionPenalty
            generator.sampling.seed = seed
            generator.maximumTokens = maximumTokens
            generator.stops = stop
            generator.endsAtEndTokens = !ignoresEnd
            if chat {
                generator.endTokens += ChatTemplate(for: tokenizer.vocabulary).endTokens(in: tokenizer.vocabulary)
            }
            // The prompt is shown once the model has taken it: what is refused leaves no output.
            var pending = chat ? [] : Array(text.utf8)
            let generation = try generator.generate(after: tokenizer.encode(text, options)) {
                try FileHandle.standardOutput.write(contentsOf: pending + $0)
                pending = []
            }
            try FileHandle.standardOutput.write(contentsOf: pending + [UInt8(ascii: "\n")])
            let rate = Double(max(0, generation.tokens.count - 1)) / max(1e-9, generation.generationSeconds)
            common.note(
                "\(generation.promptTokens) tokens read in \(Format.duration(generation.promptSeconds)), "
                    + "\(generation.tokens.count) written at \(Format.decimal(rate, places: 1)) a second "
                    + "(ended by: \(generation.end.rawValue))"
            )
        }
    }
}
