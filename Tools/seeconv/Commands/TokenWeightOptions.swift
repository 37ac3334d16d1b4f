import ArgumentParser
import Checkpoints

/// `--weights` and `--weight-power`: how much a token's error counts.
struct TokenWeightOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How frequent tokens are: tokenizer (what its scores or ranks say), uniform, or a text.",
            valueName: "tokenizer|uniform|FILE"
        )
    )
    var weights = "tokenizer"

    @Option(
        name: .customLong("weight-power"),
        help: """
            A token's error counts by its frequency to this power, 0 to 1: a half for a table that stays as it is, a quarter \
            where the model is trained on.
            """
    )
    var power = TokenFrequencies.fittingExponent

    func validate() throws {
        guard power >= 0, power <= 1 else { throw ValidationError("--weight-power must lie between 0 and 1.") }
    }

    var weighting: TokenWeighting { TokenWeighting(FrequencySource(named: weights), power: power) }
}
