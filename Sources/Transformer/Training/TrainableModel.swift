/// A model in training, whatever its family.
public protocol TrainableModel {
    /// Texts that are trained on at once.
    associatedtype Batch
    /// The numbers, under the checkpoint's names.
    var parameters: ParameterSet { get }
    /// Bytes that passes have used at most; they are kept for the next ones, and grow with the tokens of a batch.
    var activationByteCount: Int { get }
    /// What the losses of `batch` count.
    func counts(_ batch: Batch) -> LossCounts
    /// What the model makes of `batch`, without dropout; the next pass overwrites it.
    func outputs(_ batch: Batch) throws(TransformerError) -> ModelOutputs
    /// The losses of `batch`, against `teacher` where there is one; adds the gradients to those of `parameters` where it
    /// differentiates.
    func lossAndGradients(
        _ batch: Batch,
        teacher: ModelOutputs?,
        _ weights: LossWeights,
        counts: LossCounts?,
        dropout: Dropout,
        differentiates: Bool
    ) throws(TransformerError) -> LossValues
}

extension TrainableDecoder: TrainableModel {}
extension TrainableEncoder: TrainableModel {}
extension TrainableTranslator: TrainableModel {}
