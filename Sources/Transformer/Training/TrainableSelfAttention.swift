import LinearAlgebra

/// Attention of texts to themselves in training, with the products before and after it; what follows adds the bias of the
/// latter.
struct TrainableSelfAttention {
    /// Query, key and value weights, stacked.
    let input: TrainableLinear
    let attention: TrainableAttention
    let output: TrainableLinear
    /// Turns queries and keys; nil where places are in the embedding.
    var rotary: RotaryEmbedding?

    /// What the backward pass needs.
    struct Kept {
        let x: MatrixView<Float>
        /// Queries, keys and values, turned.
        let projected: MutableMatrixView<Float>
        let attended: MutableMatrixView<Float>
    }

    private var turnedHeads: Int { attention.shape.heads + attention.shape.keyValueHeads }

    func forward(
        _ x: MatrixView<Float>,
        _ batch: RaggedBatch,
        angles: RotaryEmbedding.Angles? = nil,
        into y: MutableMatrixView<Float>,
        _ pass: TrainablePass
    ) -> Kept {
        let shape = attention.shape
        let projected = pass.memory.matrix(x.rows, input.outputWidth)
        let attended = pass.memory.matrix(x.rows, shape.queryWidth)
        input.forward(x, into: projected, pass)
        if let rotary, let angles {
            rotary.forward(projected, heads: turnedHeads, headWidth: shape.headWidth, angles)
        }
        attention.forward(
            TrainableAttention.Inputs(projected, shape).readOnly,
            batch,
            batch,
            into: attended,
            pass
        )
        output.forward(attended.readOnly, into: y, pass, addsBias: false)
        return Kept(x: x, projected: projected, attended: attended)
    }

    /// Adds the gradients of the weights and of the input's bias; writes dL/dx, or adds it.
    ///
    /// - Parameter angles: those of the way back.
    func backward(
        _ dy: MatrixView<Float>,
        _ batch: RaggedBatch,
        _ kept: Kept,
        angles: RotaryEmbedding.Angles? = nil,
        into dx: MutableMatrixView<Float>,
        accumulating: Bool,
        _ pass: TrainablePass
    ) {
        let shape = attention.shape
        pass.memory.scratch {
            let attended = pass.memory.matrix(dy.rows, shape.queryWidth)
            let projected = pass.memory.matrix(dy.rows, input.outputWidth)
            output.backward(dy, kept.attended.readOnly, into: attended, pass, hasBias: false)
            attention.backward(
                attended.readOnly,
                TrainableAttention.Inputs(kept.projected, shape).readOnly,
                batch,
                batch,
                into: TrainableAttention.Inputs(projected, shape),
                pass
            )
            if let rotary, let angles {
                rotary.forward(projected, heads: turnedHeads, headWidth: shape.headWidth, angles)
            }
            input.backward(projected.readOnly, kept.x, into: dx, accumulating: accumulating, pass)
        }
    }
}

/// Attention of a translation to the text that it translates, in training.
struct TrainableSourceAttention {
    let query: TrainableLinear
    /// Key and value weights, stacked.
    let keyValue: TrainableLinear
    let attention: TrainableAttention
    let output: TrainableLinear

    /// What the backward pass needs.
    struct Kept {
        let x: MatrixView<Float>
        let queries: MutableMatrixView<Float>
        let keyValues: MutableMatrixView<Float>
        let attended: MutableMatrixView<Float>
    }

    private func inputs(
        _ queries: MutableMatrixView<Float>,
        _ keyValues: MutableMatrixView<Float>
    ) -> TrainableAttention.Inputs<MutableMatrixView<Float>> {
        let (rows, width) = (0..<keyValues.rows, attention.shape.keyWidth)
        return .init(
            queries: queries,
            keys: keyValues.extracting(rows: rows, columns: 0..<width),
            values: keyValues.extracting(rows: rows, columns: width..<2 * width)
        )
    }

    func forward(
        _ x: MatrixView<Float>,
        _ batch: RaggedBatch,
        source: MatrixView<Float>,
        _ sourceBatch: RaggedBatch,
        into y: MutableMatrixView<Float>,
        _ pass: TrainablePass
    ) -> Kept {
        let queries = pass.memory.matrix(x.rows, query.outputWidth)
        let keyValues = pass.memory.matrix(source.rows, keyValue.outputWidth)
        let attended = pass.memory.matrix(x.rows, attention.shape.queryWidth)
        query.forward(x, into: queries, pass)
        keyValue.forward(source, into: keyValues, pass)
        attention.forward(inputs(queries, keyValues).readOnly, batch, sourceBatch, into: attended, pass)
        output.forward(attended.readOnly, into: y, pass, addsBias: false)
        return Kept(x: x, queries: queries, keyValues: keyValues, attended: attended)
    }

    /// Adds the gradients of the weights, adds dL/dx to `dx` and dL/dsource to `dSource`.
    func backward(
        _ dy: MatrixView<Float>,
        _ batch: RaggedBatch,
        source: MatrixView<Float>,
        _ sourceBatch: RaggedBatch,
        _ kept: Kept,
        addingTo dx: MutableMatrixView<Float>,
        _ dSource: MutableMatrixView<Float>,
        _ pass: TrainablePass
    ) {
        pass.memory.scratch {
            let attended = pass.memory.matrix(dy.rows, attention.shape.queryWidth)
            let queries = pass.memory.matrix(dy.rows, query.outputWidth)
            let keyValues = pass.memory.matrix(source.rows, keyValue.outputWidth)
            output.backward(dy, kept.attended.readOnly, into: attended, pass, hasBias: false)
            attention.backward(
                attended.readOnly,
                inputs(kept.queries, kept.keyValues).readOnly,
                batch,
                sourceBatch,
                into: inputs(queries, keyValues),
                pass
            )
            query.backward(queries.readOnly, kept.x, into: dx, accumulating: true, pass)
            keyValue.backward(keyValues.readOnly, source, into: dSource, accumulating: true, pass)
        }
    }
}
