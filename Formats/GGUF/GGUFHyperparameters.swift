import TensorFile

/// The sizes of a transformer as its metadata states them, checked so that nothing divides by zero or runs away.
public struct GGUFHyperparameters: Sendable {
    /// The architecture's name: "llama", "phi3", "bert".
    public let architecture: String
    /// Tokens that the model was made for.
    public let contextLength: Int
    /// Values of a token's vector.
    public let embeddingLength: Int
    /// Layers.
    public let blockCount: Int
    /// Inner length of the feed-forward part of each layer; zeros where the file does not say.
    public let feedForwardLengths: [Int]
    /// Attention heads of each layer; a layer of another kind has none.
    public let headCounts: [Int]
    /// Heads for keys and values of each layer, at most and dividing `headCounts`.
    public let headCountsKV: [Int]
    /// Values of a head's key and query.
    public let keyLength: Int
    /// Values of a head's value.
    public let valueLength: Int
    /// Added to the variance in the norm, of either kind; nil where the file says nothing.
    public let normEpsilon: Double?
    /// Values of a head that are rotated.
    public let ropeDimensionCount: Int
    /// Base of the rotation's frequencies.
    public let ropeFrequencyBase: Double

    /// Layers of the deepest model that is read: real ones stay below 200.
    public static let maximumBlockCount = 4096
    private static let sizes = 1...Int(Int32.max)

    /// Reads the keys of `metadata`'s architecture.
    public init(_ metadata: GGUFMetadata) throws(TensorFileError) {
        let architecture = try metadata.requiredText(GGUFKey.architecture.name)
        func name(_ key: GGUFModelKey) -> String { key.name(for: architecture) }
        self.architecture = architecture
        contextLength = try metadata.requiredInteger(name(.contextLength), in: Self.sizes)
        embeddingLength = try metadata.requiredInteger(name(.embeddingLength), in: Self.sizes)
        blockCount = try metadata.requiredInteger(name(.blockCount), in: 1...Self.maximumBlockCount)
        feedForwardLengths =
            try Self.perLayer(name(.feedForwardLength), metadata, blockCount)
            ?? [Int](repeating: 0, count: blockCount)
        guard let heads = try Self.perLayer(name(.headCount), metadata, blockCount), let most = heads.max(), most > 0
        else { throw Self.error(.value, name(.headCount), "no layer has attention heads") }
        headCounts = heads
        headCountsKV = try Self.perLayer(name(.headCountKV), metadata, blockCount) ?? heads
        for (count, keyCount) in zip(headCounts, headCountsKV) where keyCount > 0 && count % keyCount != 0 {
            throw Self.error(.mismatch, name(.headCountKV), "\(keyCount) heads do not divide \(count)")
        }
        let headSize = embeddingLength / most
        keyLength = try metadata.integer(name(.keyLength), in: Self.sizes, default: max(1, headSize))
        valueLength = try metadata.integer(name(.valueLength), in: Self.sizes, default: max(1, headSize))
        let epsilonKey = [name(.rmsNormEpsilon), name(.layerNormEpsilon)].first { metadata[$0] != nil }
        normEpsilon = if let epsilonKey { try metadata.number(epsilonKey, default: 0) } else { nil }
        ropeDimensionCount = try metadata.integer(name(.ropeDimensionCount), in: 0...keyLength, default: keyLength)
        ropeFrequencyBase = try metadata.number(name(.ropeFrequencyBase), default: 10_000)
    }

    /// A number for all layers or one for each; nil where the key is missing.
    private static func perLayer(
        _ key: String,
        _ metadata: GGUFMetadata,
        _ blockCount: Int
    ) throws(TensorFileError) -> [Int]? {
        guard let array = metadata[key]?.array else {
            guard metadata[key] != nil else { return nil }
            return [Int](repeating: try metadata.requiredInteger(key, in: sizes), count: blockCount)
        }
        guard let counts = array.integers, counts.count == blockCount else {
            throw error(.mismatch, key, "\(array.count) entries for \(blockCount) layers")
        }
        guard counts.allSatisfy({ (0...Int(Int32.max)).contains($0) }) else {
            throw error(.value, key, "an entry is negative or beyond 2^31")
        }
        return counts
    }

    private static func error(_ kind: TensorFileError.Kind, _ key: String, _ cause: String) -> TensorFileError {
        TensorFileError(
            kind,
            place: "key \(key)",
            cause: cause,
            remedy: "the file is damaged or hostile; convert the original model again"
        )
    }
}
