/// How close a candidate table is to its reference, and what it costs.
public struct TableComparison: Sendable {
    /// The factor name, as `model.embed_tokens`.
    public var name: String
    /// Rows and columns.
    public var shape: [Int]
    /// Bytes of the reference in its own type.
    public var referenceBytes: Int
    /// Bytes of everything that is needed to rebuild the candidate.
    public var candidateBytes: Int
    /// Numbers that the candidate stores, without and with indices.
    public var parameters: Int
    /// Numbers stored, an index counting as one.
    public var parametersWithIndex: Int

    /// √(Σ|x−y|² / Σ|x|²) over all values: the Frobenius norm of the difference relative to the reference's.
    public var relativeError: Double
    /// The same with each token's row weighted by its frequency.
    public var weightedRelativeError: Double
    /// Mean over tokens of the cosine between reference and candidate rows (zero rows left out).
    public var meanCosine: Double
    /// The cosine that 99 % of the tokens exceed.
    public var p01Cosine: Double
    /// Largest absolute difference of a value.
    public var maximumError: Double
    /// Share of the ten nearest neighbours by cosine that stay among the ten nearest, over a sample of tokens.
    public var neighboursKept: Double
    /// Tokens with the lowest cosine, worst first.
    public var worstTokens: [(token: Int, cosine: Double)]
    /// Tokens by cosine: fifty equal steps from 0 (and below) to 1.
    public var cosineHistogram: [Int]
    /// Relative error of sixty-four runs of tokens, in the order of their ids.
    public var errorByToken: [Double]

    /// Bytes saved against the reference's own type.
    public var byteRatio: Double { Double(referenceBytes) / Double(max(1, candidateBytes)) }
    /// Bytes saved against the same table in float32.
    public var byteRatioFloat32: Double { Double(4 * shape.reduce(1, *)) / Double(max(1, candidateBytes)) }
    /// Numbers saved, indices not counted: the ratio that papers quote.
    public var parameterRatio: Double { Double(shape.reduce(1, *)) / Double(max(1, parameters)) }
    /// Numbers saved, an index counting as a number.
    public var parameterRatioWithIndex: Double { Double(shape.reduce(1, *)) / Double(max(1, parametersWithIndex)) }
}
