import Checkpoints
import LinearAlgebra
import TensorFile

/// The texts of a training: some are held out for validation, the others come in batches, in an order that depends on nothing
/// but the seed and the epoch.
public struct TrainingData: Sendable {
    /// All texts.
    public let texts: [TrainingText]
    /// The texts that train, by their numbers.
    public let training: [Int]
    /// The texts that are held out.
    public let validation: [Int]
    private let seed: UInt64

    /// The most texts that are held out: enough for a mean, few enough to be looked at again and again.
    public static let mostHeldOut = 512
    /// Batches whose texts are sorted by length together.
    private static let pool = 16

    private static let splitSeed: UInt64 = 0x5EED_0F5E_9A4A_7E57

    /// What decides whether a text is held out, whatever the seed and the other texts: a hash of what the model reads.
    ///
    /// A training that goes on where another one ended must not be judged by texts which that one trained on, even where it
    /// is given more; nor may a sentence be held out with one translation and train with another.
    private static func place(of text: TrainingText) -> UInt64 {
        text.tokens.reduce(splitSeed) { hash, token in
            var random = SplitMix64(seed: hash ^ UInt64(truncatingIfNeeded: token))
            return random.next()
        }
    }

    /// Holds out a share of `texts`, at least one of them: each by its own hash, so that more texts beside it never hold out one
    /// that trained without them. `seed` draws the order of the others.
    ///
    /// - Throws: kind `missing` where fewer than two texts are there.
    public init(_ texts: [TrainingText], heldOut share: Double, seed: UInt64, name: String) throws(TensorFileError) {
        guard texts.count >= 2 else {
            throw TensorFileError(
                .missing,
                file: name,
                place: "training data",
                cause: texts.isEmpty ? "there is no text" : "there is one text, and one must be held out",
                remedy: "give more text"
            )
        }
        let places = texts.map(Self.place)
        let order = texts.indices.sorted { (places[$0], $0) < (places[$1], $1) }
        // Of 2⁵³ places, so that a share of 1 is all of them.
        let below = order.prefix { Double(places[$0] >> 11) < share * 0x1p53 }.count
        let least = min(max(1, below), Self.mostHeldOut, texts.count - 1)
        var count = least
        while count < order.count, places[order[count]] == places[order[count - 1]] { count += 1 }
        if count == order.count { count = least }
        (self.texts, self.seed) = (texts, seed)
        validation = order.prefix(count).sorted()
        training = order.dropFirst(count).sorted()
    }

    /// Tokens that train.
    public var trainingTokens: Int { training.reduce(0) { $0 + texts[$1].length } }

    /// The batches of an epoch: numbers of texts, of at most `tokens` tokens together, or of one text.
    ///
    /// Texts are shuffled, sorted by length within pools of some batches, cut into batches, and these are shuffled: texts of a
    /// batch are of like length, so that threads, which take a text's attention each, end at the same time.
    public func batches(epoch: Int, tokens: Int) -> [[Int]] {
        var random = SplitMix64(seed: seed, stream: epoch)
        var order = training
        random.shuffle(&order)
        var batches: [[Int]] = []
        var first = 0
        while first < order.count {
            var (end, sum) = (first, 0)
            while end < order.count, end == first || sum + texts[order[end]].length <= Self.pool * tokens {
                sum += texts[order[end]].length
                end += 1
            }
            // Equal lengths in the order of the shuffle: sorting in the standard library keeps no promise of it.
            let pool = order[first..<end].enumerated().sorted {
                (texts[$0.element].length, $0.offset) < (texts[$1.element].length, $1.offset)
            }
            batches += Self.cut(pool.map(\.element), tokens) { texts[$0].length }
            first = end
        }
        random.shuffle(&batches)
        return batches
    }

    /// The batches of the held-out texts, always the same.
    public func validationBatches(tokens: Int) -> [[Int]] {
        let sorted = validation.sorted { (texts[$0].length, $0) < (texts[$1].length, $1) }
        return Self.cut(sorted, tokens) { texts[$0].length }
    }

    /// `texts` in batches of at most `tokens` tokens, or of one text.
    static func cut<Text>(_ texts: [Text], _ tokens: Int, length: (Text) -> Int) -> [[Text]] {
        var batches: [[Text]] = []
        var batch: [Text] = []
        var sum = 0
        for text in texts {
            if !batch.isEmpty, sum + length(text) > tokens {
                batches.append(batch)
                (batch, sum) = ([], 0)
            }
            batch.append(text)
            sum += length(text)
        }
        return batch.isEmpty ? batches : batches + [batch]
    }

    /// A digest of all tokens and of what is held out.
    var digest: String {
        var stream = DigestStream()
        func add(_ numbers: [Int]) {
            ([numbers.count] + numbers).withUnsafeBytes { stream.update($0) }
        }
        for text in texts {
            add(text.tokens)
            add(text.target)
        }
        add(validation)
        return stream.finalize().hexadecimal
    }
}
