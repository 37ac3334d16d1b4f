/// How large or how exact a coded matrix shall be.
public enum ResidualBudget: Sendable, Equatable {
    /// At most this many bytes, everything counted, and as exact as they allow.
    case bytes(Int)
    /// ‖M − M̂‖ of at most this part of `reference` (Frobenius, root), in as few bytes as possible.
    /// `reference` is the norm that the error is measured against; nil for that of the matrix itself.
    case maximumError(Double, reference: Double? = nil)
}

/// How a coding gets on.
public struct ResidualProgress: Sendable {
    /// What is being done.
    public let step: String
    /// How much is done, 0…1; steps that may be repeated are estimated.
    public let fraction: Double
    /// Bytes of the last state, where one is known.
    public let byteCount: Int?
    /// Its relative error.
    public let relativeError: Double?
}

/// Choices that the defaults make well.
public struct ResidualOptions: Sendable {
    /// States of the trellis, 4…32: more are slower, and better by up to a percent of the error for each doubling.
    /// nil chooses 32, or 16 for matrices of more than 2²⁴ elements.
    public var trellisStates: Int?
    /// Rows from which the first tables are learned.
    public var sampleRows: Int
    /// The seed of the sample.
    public var seed: UInt64
    /// Called now and then; false stops the coding.
    public var progress: @Sendable (ResidualProgress) -> Bool

    /// Options.
    public init(
        trellisStates: Int? = nil,
        sampleRows: Int = 2048,
        seed: UInt64 = 1,
        progress: @escaping @Sendable (ResidualProgress) -> Bool = { _ in true }
    ) {
        self.trellisStates = trellisStates
        self.sampleRows = sampleRows
        self.seed = seed
        self.progress = progress
    }
}
