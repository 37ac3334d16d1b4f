import Kernels
import LinearAlgebra

/// y = x Wᵀ + b in training; `Linear` is the same in use.
///
/// Backward, from dL/dy: dL/dx = dL/dy W, dL/dW = (dL/dy)ᵀ x, dL/db = Σ dL/dy over the rows.
struct TrainableLinear {
    /// W `[outputs, inputs]`, stacked where several tensors make it.
    let weight: ParameterBlock
    /// b `[outputs]`; nil for none.
    let bias: ParameterBlock?

    /// Plans the numbers of `linear` under `names`, each of which has its `rows`: equally many where nothing is said.
    init(_ linear: Linear, named names: [String], rows: [Int]? = nil, in plan: inout ParameterPlan) {
        let rows = rows ?? Array(repeating: linear.outputWidth / names.count, count: names.count)
        precondition(names.count == rows.count && rows.reduce(0, +) == linear.outputWidth, "rows for each name")
        weight = plan.add(names.map { $0 + ".weight" }, rows: rows, columns: linear.inputWidth) { target in
            var first = 0
            for part in linear.parts {
                part.decode(rows: 0..<part.rows, into: target + first * part.columns)
                first += part.rows
            }
        }
        guard let numbers = linear.bias else {
            bias = nil
            return
        }
        bias = plan.add(names.map { $0 + ".bias" }, lengths: rows, values: numbers)
    }

    var outputWidth: Int { weight.rows }
    var inputWidth: Int { weight.columns }

    /// y = x Wᵀ, and + b unless what follows adds it.
    func forward(
        _ x: MatrixView<Float>,
        into y: MutableMatrixView<Float>,
        _ pass: TrainablePass,
        addsBias: Bool = true
    ) {
        gemm(x, pass.parameters.view(weight).transposed, into: y)
        guard addsBias, let bias else { return }
        let numbers = pass.parameters.view(bias)
        let keep = DropoutDraws(rate: 0, key: 0)
        Parallel.forEachChunk(of: y.rows, size: RowSums.block) { rows in
            for row in rows {
                see_add_bias(y.base + row * y.rowStride, numbers.base, keep.kernel(from: 0), y.columns)
            }
        }
    }

    /// Adds the gradients of W and b, and writes or adds dL/dx.
    ///
    /// - Parameters:
    ///   - dx: nil where nothing before wants it.
    ///   - accumulating: whether dx is added to.
    ///   - hasBias: false where the gradient of b was taken already.
    func backward(
        _ dy: MatrixView<Float>,
        _ x: MatrixView<Float>,
        into dx: MutableMatrixView<Float>?,
        accumulating: Bool = false,
        _ pass: TrainablePass,
        hasBias: Bool = true
    ) {
        if let gradient = pass.gradient(weight) { gemm(dy.transposed, x, into: gradient, beta: 1) }
        if hasBias, let gradient = pass.gradient(bias) {
            let width = dy.columns
            RowSums.add(rows: dy.rows, width: width, memory: pass.memory, to: gradient.base) { rows, sum in
                for row in rows { see_saxpy(1, dy.base + row * dy.rowStride, sum, width) }
            }
        }
        if let dx { gemm(dy, pass.parameters.view(weight), into: dx, beta: accumulating ? 1 : 0) }
    }

    /// The layer in use, with a copy of the numbers.
    func linear(_ parameters: ParameterSet) -> Linear {
        Linear(parameters.weights(weight), bias: bias.map(parameters.numbers))
    }
}
