import Kernels
import LinearAlgebra

/// The first step of an encoder in training: h = dropout(norm(scale · E[token] + K[kind] + P[place])); `TokenEmbedding` is the
/// same in use.
///
/// Backward, with g the gradient of the sum: dL/dE[token] += scale · g for each place of a token, likewise for K and P.
struct TrainableEmbedding {
    /// E `[tokens, width]`, which other parts of the model may share.
    let table: ParameterBlock
    let scale: Float
    /// P where it was learned.
    let learnedPositions: ParameterBlock?
    /// P, where it is computed.
    let positions: PositionTable
    /// K; nil for none.
    let types: ParameterBlock?
    let norm: TrainableNorm?
    let site: Int

    /// What the backward pass needs.
    struct Kept {
        let norm: TrainableNorm.Kept?
    }

    /// Plans the numbers of `embedding` beside those of `table`.
    ///
    /// - Parameter positions: the name of the places' vectors where they were learned.
    init(
        _ embedding: TokenEmbedding,
        table: ParameterBlock,
        positions: String? = nil,
        types: String? = nil,
        norm: String? = nil,
        in plan: inout ParameterPlan
    ) {
        func add(_ name: String, _ matrix: Matrix) -> ParameterBlock {
            plan.add([name + ".weight"], rows: [matrix.rows], columns: matrix.columns) { target in
                for index in matrix.elements.indices { target[index] = matrix.elements[index] }
            }
        }
        self.table = table
        scale = embedding.scale
        self.positions = embedding.positions
        learnedPositions = positions.map { add($0, embedding.positions.vectors) }
        self.types = embedding.types.flatMap { matrix in types.map { add($0, matrix) } }
        self.norm = embedding.norm.flatMap { layer in norm.map { TrainableNorm(layer, named: $0, in: &plan) } }
        site = plan.nextSite()
    }

    /// Writes the vectors of the tokens of `batch` to `hidden` `[T, width]`.
    func forward(_ batch: RaggedBatch, into hidden: MutableMatrixView<Float>, _ pass: TrainablePass) -> Kept {
        let width = hidden.columns
        let draws = pass.dropout.draws(pass.dropout.hidden, site: site)
        let sum = norm == nil ? hidden : pass.memory.matrix(hidden.rows, width)
        let table = pass.parameters.view(table)
        let types = types.map(pass.parameters.view)
        let learned = learnedPositions.map(pass.parameters.view)
        let scale = scale
        positions.vectors.withView { computed in
            let places = learned ?? computed
            Parallel.forEachChunk(of: hidden.rows, size: RowSums.block) { rows in
                for row in rows {
                    let target = sum.base + row * width
                    let place = places.base + batch.positions[row] * width
                    let vector = table.base + batch.tokens[row] * width
                    for column in 0..<width { target[column] = scale * vector[column] + place[column] }
                    if let types { see_saxpy(1, types.base + batch.types[row] * width, target, width) }
                }
            }
        }
        let kept = norm?.forward(sum, keepsX: false, into: hidden, pass)
        draws.apply(hidden)
        return Kept(norm: kept)
    }

    /// Adds the gradients of the tables; changes `gradient`, that of the result.
    func backward(
        _ gradient: MutableMatrixView<Float>,
        _ batch: RaggedBatch,
        _ kept: Kept,
        _ pass: TrainablePass
    ) {
        let width = gradient.columns
        pass.dropout.draws(pass.dropout.hidden, site: site).apply(gradient)
        if let norm, let kept = kept.norm { _ = norm.backward(gradient, kept, pass) }
        // Rows of a token come in the order of the batch, on one thread: a few additions a token.
        func scatter(_ block: ParameterBlock?, _ indices: [Int], _ factor: Float) {
            guard let target = pass.gradient(block) else { return }
            for row in 0..<gradient.rows {
                see_saxpy(factor, gradient.base + row * gradient.rowStride, target.base + indices[row] * width, width)
            }
        }
        scatter(table, batch.tokens, scale)
        scatter(learnedPositions, batch.positions, 1)
        scatter(types, batch.types, 1)
    }

    /// The embedding in use, with a copy of the numbers; `table` comes from outside, as it may be shared.
    func embedding(_ table: any EmbeddingTable, _ parameters: ParameterSet) -> TokenEmbedding {
        func matrix(_ block: ParameterBlock) -> Matrix {
            Matrix(rows: block.rows, columns: block.columns, elements: parameters.numbers(block))
        }
        return TokenEmbedding(
            table: table,
            scale: scale,
            positions: learnedPositions.map { PositionTable(matrix($0)) } ?? positions,
            types: types.map(matrix),
            norm: norm?.layerNorm(parameters)
        )
    }
}

extension ParameterPlan {
    /// Adds the vocabulary table called `name` with the vectors of `table`.
    mutating func add(_ name: String, table: any EmbeddingTable) -> ParameterBlock {
        add([name], rows: [table.tokenCount], columns: table.width) { target in
            let tokens = Array(0..<table.tokenCount)
            // Factored tables write rows in parallel; pieces keep what they unpack small.
            for first in stride(from: 0, to: tokens.count, by: 1024) {
                let range = first..<min(first + 1024, tokens.count)
                table.write(
                    tokens[range],
                    to: MutableMatrixView(target + first * table.width, rows: range.count, columns: table.width)
                )
            }
        }
    }
}
