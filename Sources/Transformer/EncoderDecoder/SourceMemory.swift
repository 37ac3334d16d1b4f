import LinearAlgebra

/// What a translator's writing half sees of the texts that it translates: keys and values of every layer, computed once.
final class SourceMemory: Sendable {
    /// Where each text's tokens lie.
    let batch: RaggedBatch
    /// Keys and values of each layer, `[T, 2 · width]`.
    private let layers: [Matrix]
    private let width: Int

    /// Keys and values of `hidden` `[T, width]`, the last hidden state of the reading half.
    init(_ batch: RaggedBatch, hidden: MatrixView<Float>, model: TranslationModel) {
        self.batch = batch
        width = model.shape.width
        layers = model.layers.map { layer in
            var projected = Matrix(rows: hidden.rows, columns: 2 * hidden.columns)
            projected.withMutableView { layer.sourceKeyValue.forward(hidden, into: $0) }
            return projected
        }
    }

    /// Calls `body` with keys and values of a layer, each `[T, width]`.
    func with(layer: Int, _ body: (_ keys: MatrixView<Float>, _ values: MatrixView<Float>) -> Void) {
        layers[layer].withView { view in
            body(
                view.extracting(rows: 0..<view.rows, columns: 0..<width),
                view.extracting(rows: 0..<view.rows, columns: width..<2 * width)
            )
        }
    }
}
