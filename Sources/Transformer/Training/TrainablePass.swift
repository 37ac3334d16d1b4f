import LinearAlgebra

/// What the layers of one forward and backward pass share.
final class TrainablePass {
    /// The model's numbers.
    let parameters: ParameterSet
    /// Room for activations.
    let memory: ActivationMemory
    /// What is dropped.
    let dropout: Dropout
    /// Whether a backward pass follows; without one, losses cost half as much.
    let differentiates: Bool

    init(_ parameters: ParameterSet, _ memory: ActivationMemory, _ dropout: Dropout, differentiates: Bool = true) {
        (self.parameters, self.memory, self.dropout) = (parameters, memory, dropout)
        self.differentiates = differentiates
    }

    /// The gradient of `block`, to be added to; nil where none is wanted.
    func gradient(_ block: ParameterBlock?) -> MutableMatrixView<Float>? {
        guard let block, parameters.wantsGradient(block) else { return nil }
        return parameters.gradient(block)
    }
}
