import TensorFile
import Transformer

extension WeightSource {
    /// The product of stacked matrices: one for each entry of `outputs`, or a single one with all of them. Biases count
    /// where there are any.
    func linear(_ names: [String], outputs: [Int], inputs: Int) throws -> Linear {
        let sizes = names.count == outputs.count ? outputs : [outputs.reduce(0, +)]
        let parts = try zip(names, sizes).map { name, size in
            try matrix(name + ".weight", rows: size, columns: inputs)
        }
        let biases = try zip(names, sizes).map { name, size in
            try optionalVector(name + ".bias", count: size) ?? [Float](repeating: 0, count: size)
        }
        let hasBias = names.contains { contains($0 + ".bias") }
        return Linear(parts, bias: hasBias ? Array(biases.joined()) : nil)
    }

    /// The layer norm called `name` of vectors of `width` numbers.
    func layerNorm(_ name: String, width: Int, epsilon: Float) throws -> LayerNorm {
        LayerNorm(
            weight: try vector(name + ".weight", count: width),
            bias: try vector(name + ".bias", count: width),
            epsilon: epsilon
        )
    }

    /// Layer `index` of an encoder, or what a decoder's layer has in common with one.
    func encoderLayer(
        _ index: Int,
        _ names: EncoderTensorNames,
        _ shape: EncoderShape,
        activation: Activation,
        epsilon: Float
    ) throws -> EncoderLayer {
        func name(_ part: String) -> String { "\(names.layerPrefix)\(index).\(part)" }
        let (width, inner) = (shape.width, shape.innerWidth)
        let layer = names.layer
        return EncoderLayer(
            attentionInput: try linear(
                layer.attentionInput.map(name),
                outputs: [width, width, width],
                inputs: width
            ),
            attentionOutput: try linear([name(layer.attentionOutput)], outputs: [width], inputs: width),
            attentionNorm: try layerNorm(name(layer.attentionNorm), width: width, epsilon: epsilon),
            feedForward: FeedForward(
                up: try linear([name(layer.up)], outputs: [inner], inputs: width),
                down: try linear([name(layer.down)], outputs: [width], inputs: inner),
                activation: activation
            ),
            feedForwardNorm: try layerNorm(name(layer.feedForwardNorm), width: width, epsilon: epsilon)
        )
    }
}
