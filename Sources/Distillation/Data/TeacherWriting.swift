import LinearAlgebra
import Runtime
import Synchronization
import Tokenizers

/// Texts that a decoder writes itself, drawn from its own probabilities: data where there is none.
struct TeacherWriting: Sendable {
    private let model: LanguageModel
    private let tokenizer: any Tokenizer
    private let length: Int
    private let seed: UInt64

    /// Texts of at most `length` tokens by `model`.
    init(_ model: LanguageModel, tokenizer: any Tokenizer, length: Int, seed: UInt64) {
        (self.model, self.tokenizer, self.length, self.seed) = (model, tokenizer, length, seed)
    }

    /// `count` texts; the draws of each are its own, so that threads change nothing.
    func texts(_ count: Int, _ progress: @Sendable (Int, Int) -> Void) throws -> TrainingTextReader.Texts {
        var beginning = tokenizer.encode("", EncodingOptions(addsSpecialTokens: true))
        let generator = TextGenerator(model, tokenizer: tokenizer)
        // Vocabularies that begin texts with nothing: the end of the text before stands there.
        if beginning.isEmpty { beginning = [generator.endTokens.first ?? 0] }
        let written = SharedCount()
        let first = beginning
        let texts = try Parallel.mapChunks(of: count, size: 1) { range in
            var own = generator
            own.sampling.temperature = 1
            own.sampling.seed = Self.seed(of: range.lowerBound, seed)
            own.maximumTokens = max(1, length - first.count)
            let generation = try own.generate(after: first) { _ in }
            progress(written.adding(1), count)
            // A text that ended of itself ends so for the student too.
            let end = generation.end == .endToken ? own.endTokens.prefix(1) : []
            return TrainingText(Array((first + generation.tokens + end).prefix(length)))
        }
        return TrainingTextReader.Texts(texts: texts.filter { $0.tokens.count > 1 })
    }

    private static func seed(of text: Int, _ seed: UInt64) -> UInt64 {
        var random = SplitMix64(seed: seed, stream: text)
        return random.next()
    }
}

/// A count that several threads add to.
final class SharedCount: Sendable {
    private let count = Atomic<Int>(0)

    /// The count with `number` added.
    func adding(_ number: Int) -> Int { count.wrappingAdd(number, ordering: .relaxed).newValue }
}
