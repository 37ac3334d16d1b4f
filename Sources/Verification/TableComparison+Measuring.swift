import Checkpoints
import LinearAlgebra
import TensorFile

extension TableComparison {
    /// What a candidate table takes, for the ratios.
    public struct Cost: Sendable {
        /// Bytes of everything that is needed to rebuild it.
        public var bytes: Int
        /// Numbers stored, without and with indices.
        public var parameters: Int
        /// Numbers stored, an index counting as one.
        public var parametersWithIndex: Int

        /// A cost of the given parts.
        public init(bytes: Int, parameters: Int, parametersWithIndex: Int) {
            self.bytes = bytes
            self.parameters = parameters
            self.parametersWithIndex = parametersWithIndex
        }
    }

    /// Reads both tables once in pieces and compares them; `progress` hears of rows done.
    public init(
        name: String,
        reference: any TableReader,
        referenceBytes: Int,
        candidate: any TableReader,
        cost: Cost,
        weights: [Float]? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws {
        guard reference.rowCount == candidate.rowCount, reference.columnCount == candidate.columnCount else {
            throw TensorFileError(
                .mismatch,
                place: "table \"\(name)\"",
                cause: "[\(reference.rowCount), \(reference.columnCount)] against "
                    + "[\(candidate.rowCount), \(candidate.columnCount)]",
                remedy: "compare a model with one made from it"
            )
        }
        var measure = ErrorMeasure(tokenCount: reference.rowCount, weights: weights)
        try reference.forEachPiece { range, rows in
            measure.add(range, reference: rows, candidate: try candidate.rows(range))
            progress(range.count)
        }
        self.name = name
        shape = [reference.rowCount, reference.columnCount]
        self.referenceBytes = referenceBytes
        candidateBytes = cost.bytes
        parameters = cost.parameters
        parametersWithIndex = cost.parametersWithIndex
        relativeError = measure.relativeError
        weightedRelativeError = measure.weightedRelativeError
        meanCosine = measure.meanCosine
        p01Cosine = measure.firstPercentile
        maximumError = measure.maximumError
        worstTokens = measure.worst(8)
        cosineHistogram = measure.cosineHistogram
        errorByToken = measure.errorByToken
        neighboursKept = try NeighbourMeasure.share(reference: reference, candidate: candidate)
    }
}
