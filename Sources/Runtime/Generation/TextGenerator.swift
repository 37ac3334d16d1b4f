import Tokenizers
import Transformer

/// Continues a text token by token.
public struct TextGenerator: Sendable {
    /// The model.
    public let model: LanguageModel
    /// Its tokenizer.
    public let tokenizer: any Tokenizer
    /// How tokens are drawn.
    public var sampling = SamplingOptions()
    /// The most tokens to add; nil for as many as the context holds.
    public var maximumTokens: Int?
    /// Texts that end the generation; they are not handed out.
    public var stops: [String] = []
    /// Tokens that end a text.
    public var endTokens: [Int]
    /// Whether tokens that end a text do so.
    public var endsAtEndTokens = true

    /// Why a generation ended.
    public enum End: String, Sendable {
        /// The model ended the text.
        case endToken
        /// A stop text came.
        case stop
        /// As many tokens as asked for.
        case length
        /// The context is full.
        case context
    }

    /// What was generated.
    public struct Generation: Sendable {
        /// The tokens, without one that ended the text.
        public var tokens: [Int]
        /// Why it ended.
        public var end: End
        /// Tokens of the prompt.
        public var promptTokens: Int
        /// Seconds for the prompt.
        public var promptSeconds: Double
        /// Seconds for the tokens after the first.
        public var generationSeconds: Double
    }

    /// Continues texts of `model`, which end where its configuration and tokenizer say.
    public init(_ model: LanguageModel, tokenizer: any Tokenizer) {
        self.model = model
        self.tokenizer = tokenizer
        endTokens = model.endTokens + [tokenizer.vocabulary.specialTokens.end].compactMap(\.self)
    }

    /// Continues `prompt` and hands out text as it comes, in whole characters.
    ///
    /// - Throws: `TransformerError` for a prompt that is empty, does not fit the table or the context, and for scores
    ///   that are not finite.
    public func generate(after prompt: [Int], _ handOut: ([UInt8]) throws -> Void) throws -> Generation {
        let room = model.decoder.shape.contextLength
        let wanted = maximumTokens.map { min(room, prompt.count.addingReportingOverflow($0).partialValue) } ?? room
        let sequence = try DecoderSequence(model.decoder, capacity: max(min(wanted, room), min(prompt.count, room)))
        let ends = Set(endTokens)
        var sampler = Sampler(sampling)
        var text = IncrementalText(tokenizer, after: prompt)
        var held = StopFilter(stops)
        var generation = Generation(
            tokens: [],
            end: .length,
            promptTokens: prompt.count,
            promptSeconds: 0,
            generationSeconds: 0
        )
        let clock = ContinuousClock()
        let start = clock.now
        var logits = try sequence.logits(appending: prompt)
        generation.promptSeconds = (clock.now - start) / .seconds(1)
        let begun = clock.now
        while true {
            if let maximumTokens, generation.tokens.count >= maximumTokens { break }
            let token = try sampler.next(logits, after: sequence.tokens)
            if endsAtEndTokens, ends.contains(token) {
                generation.end = .endToken
                break
            }
            generation.tokens.append(token)
            let (part, isStopped) = held.append(text.append(token))
            if !part.isEmpty { try handOut(part) }
            if isStopped {
                generation.end = .stop
                generation.generationSeconds = (clock.now - begun) / .seconds(1)
                return generation
            }
            if let maximumTokens, generation.tokens.count >= maximumTokens { break }
            guard sequence.tokens.count < sequence.capacity else {
                generation.end = .context
                break
            }
            logits = try sequence.logits(appending: [token])
        }
        generation.generationSeconds = (clock.now - begun) / .seconds(1)
        let (part, isStopped) = held.append(text.finish())
        let rest = isStopped ? part : part + held.rest
        if !rest.isEmpty { try handOut(rest) }
        if isStopped { generation.end = .stop }
        return generation
    }
}

/// Holds back text that may be the beginning of a stop text.
struct StopFilter {
    private let stops: [[UInt8]]
    /// Text that is not handed out yet.
    private(set) var rest: [UInt8] = []

    init(_ stops: [String]) {
        self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty }
    }

    /// What may be handed out now, and whether a stop text has come; what stands before it is then handed out.
    mutating func append(_ text: [UInt8]) -> (text: [UInt8], isStopped: Bool) {
        rest += text
        let (stops, held) = (stops, rest)
        if let first = held.indices.first(where: { place in stops.contains { held[place...].starts(with: $0) } }) {
            rest = []
            return (Array(held[..<first]), true)
        }
        // The longest end that begins a stop text stays.
        let end = held.indices.first { place in stops.contains { $0.starts(with: held[place...]) } } ?? held.count
        rest.removeFirst(end)
        return (Array(held[..<end]), false)
    }
}
