import TensorFile
import Transformer

/// What a configuration says of a decoder, checked by itself; the tensors have not been looked at.
struct DecoderConfiguration {
    /// Rows of the vocabulary tables; nil where only the tensors say it.
    var vocabularySize: Int?
    var width: Int
    var layerCount: Int
    var heads: Int
    var keyValueHeads: Int
    var headWidth: Int
    var innerWidth: Int
    var normEpsilon: Float
    var contextLength: Int
    /// How many tokens a token sees; nil for all.
    var window: Int?
    /// How many numbers of a head are turned.
    var rotaryWidth: Int
    var rotaryBase: Float
    var rotaryScaling = RotaryEmbedding.Scaling.none
    var attentionFactor: Float = 1
    /// Whether the head is the embedding; nil where only the tensors say it.
    var tiesEmbeddings: Bool?
    /// Tokens that end a text.
    var endTokens: [Int] = []

    /// The most layers that are read: real models stay below 200.
    static let maximumLayers = 4096

    /// Refuses sizes that contradict each other.
    func check(in file: String) throws(TensorFileError) {
        func failure(_ place: String, _ cause: String) -> TensorFileError {
            TensorFileError(
                .mismatch,
                file: file,
                place: place,
                cause: cause,
                remedy: "correct the configuration, or fetch it again"
            )
        }
        guard keyValueHeads <= heads, heads % keyValueHeads == 0 else {
            throw failure("heads of keys", "\(keyValueHeads) do not divide \(heads) heads")
        }
        guard rotaryWidth <= headWidth, rotaryWidth % 2 == 0 else {
            throw failure("rotary positions", "\(rotaryWidth) numbers are turned in heads of \(headWidth)")
        }
        for (name, product) in [
            ("heads", heads.multiplied(exactlyBy: headWidth)), ("feed-forward", innerWidth.multiplied(exactlyBy: 2)),
        ] {
            guard let product, product <= 1 << 40 else { throw failure(name, "sizes multiply beyond any model") }
        }
        guard normEpsilon >= 0, normEpsilon.isFinite, rotaryBase > 0, rotaryBase.isFinite, attentionFactor.isFinite
        else { throw failure("numbers", "an ε, base or factor is negative or not finite") }
        let pairs = rotaryWidth / 2
        switch rotaryScaling {
        case .none: break
        case .linear(let factor):
            guard factor > 0, factor.isFinite else { throw failure("rope scaling", "a factor of \(factor)") }
        case .llama3(let factor, let low, let high, let context):
            guard factor > 0, low > 0, high > low, factor.isFinite, high.isFinite, context > 0 else {
                throw failure("rope scaling", "factors that are not positive, or low and high ones in the wrong order")
            }
        case .longRoPE(let short, let long, let context):
            try check(short, "short_factor", pairs, file)
            try check(long, "long_factor", pairs, file)
            guard context > 0 else { throw failure("rope scaling", "an original context of \(context)") }
        case .divisors(let divisors): try check(divisors, "rope frequencies", pairs, file)
        }
        if let token = endTokens.first(where: { $0 < 0 }) { throw failure("end of text", "token \(token)") }
    }

    private func check(_ list: [Float], _ name: String, _ pairs: Int, _ file: String) throws(TensorFileError) {
        guard list.count == pairs, list.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw TensorFileError(
                .mismatch,
                file: file,
                place: name,
                cause: list.count == pairs
                    ? "a number is not positive" : "\(list.count) numbers for \(pairs) pairs of a head",
                remedy: "correct the configuration, or fetch it again"
            )
        }
    }
}
