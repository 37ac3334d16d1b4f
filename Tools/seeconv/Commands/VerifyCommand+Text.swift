import ArgumentParser
import Runtime
import Verification

/// A text on which `verify` runs both models, and what is asked of them there.
struct TextOptions: ParsableArguments {
    @Option(
        name: .customLong("text"),
        help: ArgumentHelp(
            "Run both models on this text, in UTF-8; each line is a sentence, but for decoders.",
            valueName: "file"
        )
    )
    var file: String?

    @Option(help: ArgumentHelp("For translators: the text's translation, line by line.", valueName: "file"))
    var target: String?

    @Option(name: .customLong("max-kl"), help: "The highest mean KL(reference ‖ candidate) on the text, in nats.")
    var maximumKL: Double?

    @Option(name: .customLong("min-top1"), help: "The least share (0 to 1) of places with the same likeliest token.")
    var minimumTop1: Double?

    @Option(name: .customLong("min-sentence-cosine"), help: "The lowest mean cosine of sentences' vectors.")
    var minimumSentenceCosine: Double?

    @Option(
        name: .customLong("max-tokens"),
        help: "Tokens of the text that are read at most; whole lines, but for decoders."
    )
    var maximumTokens: Int?

    @Option(help: "The tokenizer of both models (default: each model's own, which must agree on the text).")
    var tokenizer: String?

    @Option(
        help:
            "Factored tables: dense (rebuilt: the same figures everywhere), factored, or automatic (the faster way, measured)."
    )
    var tables = TableForm.dense

    /// Whether any of the options is used.
    var isUsed: Bool { file != nil || needsText }

    private var needsText: Bool {
        target != nil || maximumKL != nil || minimumTop1 != nil || minimumSentenceCosine != nil || maximumTokens != nil
            || tokenizer != nil || tables != .dense
    }

    func validate() throws {
        if file == nil, needsText {
            throw ValidationError(
                "--target, --max-kl, --min-top1, --min-sentence-cosine, --max-tokens, --tokenizer and --tables need --text."
            )
        }
        guard maximumKL ?? 0 >= 0 else { throw ValidationError("--max-kl must not be below 0.") }
        guard (0...1).contains(minimumTop1 ?? 0) else { throw ValidationError("--min-top1 must lie in 0 to 1.") }
        guard (-1...1).contains(minimumSentenceCosine ?? 0) else {
            throw ValidationError("--min-sentence-cosine must lie in -1 to 1.")
        }
        guard maximumTokens ?? 1 >= 1 else { throw ValidationError("--max-tokens must be at least 1.") }
    }

    /// The text, read; nil where none is named.
    var text: VerificationText? {
        get throws {
            try file.map {
                try VerificationText($0, target: target, tokenizer: tokenizer, maximumTokens: maximumTokens)
            }
        }
    }

    /// The bounds asked for.
    var gates: TextGates {
        TextGates(maximumKL: maximumKL, minimumTop1: minimumTop1, minimumSentenceCosine: minimumSentenceCosine)
    }
}

extension TextComparison {
    /// The figures for the terminal.
    var summary: String {
        func errors(_ values: [Double]) -> String { values.map { Format.short($0) }.joined(separator: ", ") }
        let scored = targetFile.map { " scored against \($0)" } ?? ""
        var lines = ["On \(file)\(scored), \(Format.count(tokens)) tokens:"]
        let half = family == .translator ? ", writing half" : ""
        lines.append("  hidden-state error by layer\(half), from the embedding: \(errors(hiddenStateErrors))")
        if family == .translator { lines.append("  the same, reading half: \(errors(sourceHiddenStateErrors))") }
        if let distributions {
            let divergences = distributions.divergences
            lines.append(
                "  KL(reference ‖ candidate): mean \(Format.short(divergences.mean)), 99 % at most "
                    + "\(Format.short(divergences.percentile(99))), greatest \(Format.short(divergences.maximum)) nats"
            )
            lines.append("  same likeliest token: \(Format.decimal(100 * distributions.top1Agreement, places: 2)) %")
            lines.append(
                "  perplexity: reference \(Format.significant(distributions.referencePerplexity)), candidate "
                    + Format.significant(distributions.candidatePerplexity)
            )
        }
        if let sentences {
            let cosines = sentences.cosines
            lines.append(
                "  cosine of \(Format.count(cosines.values.count)) sentences' vectors: mean "
                    + "\(Format.decimal(cosines.mean, places: 6)), 1 % at most "
                    + "\(Format.decimal(cosines.percentile(1), places: 6)), least "
                    + "\(Format.decimal(cosines.minimum, places: 6))"
                    + (sentences.worstLine.map { " (line \($0))" } ?? "")
            )
        }
        return lines.joined(separator: "\n")
    }
}
