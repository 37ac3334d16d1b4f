import ArgumentParser
import Foundation
import Runtime
import TensorFile
import Transformer

/// `seeconv translate MODEL`
struct TranslateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "translate",
        abstract: "Translates lines with an encoder-decoder model of the Marian kind.",
        discussion: """
            Reads standard input, a sentence a line, and writes a translation a line; empty lines stay empty. The search \
            is that of the transformers library: beams, length penalty, forbidden and forced tokens come from the \
            model's generation_config.json, or, without one, from its config.json.
            """
    )

    @Argument(help: "A model directory, a workspace, or a factored checkpoint.")
    var model: String

    @OptionGroup var search: SearchOptions
    @OptionGroup var tables: TableOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.run {
            var translator = try Translator(opening: model, tables: tables.form)
            search.apply(to: &translator)
            let tokenizer = try translator.tokenizer(at: search.tokenizer)
            try StandardInputLines.forEachBlock(of: 4096) { first, lines in
                let translations = try translator.translate(
                    lines,
                    by: tokenizer,
                    batch: search.batch,
                    file: "standard input",
                    firstLine: first
                )
                let text = translations.map { $0 + "\n" }.joined()
                try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
            }
        }
    }
}

/// How translations are searched for.
struct SearchOptions: ParsableArguments {
    @Option(help: "Translations that are followed at once (default: what the model says, else 1).")
    var beam: Int?

    @Option(help: "Sentences that are translated together.")
    var batch = 64

    @Option(
        name: .customLong("length-penalty"),
        help: "Scores are divided by lengths to this power (default: the model's)."
    )
    var lengthPenalty: Float?

    @Option(name: .customLong("max-tokens"), help: "The most tokens of a translation (default: the model's).")
    var maximumTokens: Int?

    @Option(help: "The tokenizer's file or folder, where the model has none.")
    var tokenizer: String?

    func validate() throws {
        guard (1...1024).contains(beam ?? 1) else { throw ValidationError("--beam must lie in 1 to 1024.") }
        guard (1...65_536).contains(batch) else { throw ValidationError("--batch must lie in 1 to 65536.") }
        guard (1...1 << 24).contains(maximumTokens ?? 1) else {
            throw ValidationError("--max-tokens must be at least 1.")
        }
        guard lengthPenalty?.isFinite ?? true else { throw ValidationError("--length-penalty must be a number.") }
    }

    /// Changes what `translator` does as the user wants.
    func apply(to translator: inout Translator) {
        if let beam { translator.options.beams = beam }
        if let lengthPenalty { translator.options.lengthPenalty = lengthPenalty }
        if let maximumTokens {
            translator.options.maximumLength = min(maximumTokens + 1, translator.model.contextLength)
        }
    }
}
