import Kernels
import LinearAlgebra

extension WeightMatrix {
    /// From so many vectors on, rows are unpacked once for all of them.
    static let batchThreshold = 8
    /// The most bytes of unpacked rows at once, on each thread.
    private static let unpackedBytes = 4 << 20

    /// How many rows one thread takes at a time: enough to be worth it, few enough to share out. Rows are multiplied
    /// independently of each other, so the choice changes no result.
    func rowsPerChunk(vectors: Int) -> Int {
        guard vectors >= Self.batchThreshold else { return max(16, (128 << 10) / max(1, rowBytes) / 16 * 16) }
        if multipliesPanels { return 64 }
        return min(512, max(64, Self.unpackedBytes / max(1, 4 * columns) / 16 * 16))
    }

    private var multipliesPanels: Bool { format.wholeNumberFormat != nil && see_panels_available() != 0 }

    /// y[t][r] = row `rows.lowerBound + r` · x[t], on the calling thread.
    ///
    /// - Parameter quantised: the same vectors as x, rounded; needed where the format's products are of whole numbers.
    func multiply(
        rows range: Range<Int>,
        _ x: MatrixView<Float>,
        quantised: QuantisedVectors?,
        into y: MutableMatrixView<Float>
    ) {
        if x.rows < Self.batchThreshold {
            multiplyVectors(range, x, quantised, into: y)
        } else if let format = format.wholeNumberFormat, let quantised, see_panels_available() != 0 {
            multiplyPanels(range, quantised, as: format, into: y)
        } else {
            multiplyUnpacked(range, x, into: y)
        }
    }

    /// Vector by vector: the rows of a chunk come from memory for the first one and from the cache for the others.
    private func multiplyVectors(
        _ range: Range<Int>,
        _ x: MatrixView<Float>,
        _ quantised: QuantisedVectors?,
        into y: MutableMatrixView<Float>
    ) {
        let start = bytes(fromRow: range.lowerBound).assumingMemoryBound(to: UInt8.self)
        switch format {
        case .float32, .float16, .bfloat16:
            for vector in 0..<x.rows {
                let (input, output) = (x.base + vector * x.rowStride, y.base + vector * y.rowStride)
                if let floats = floats(rows: range) {
                    see_sgemv(floats.base, columns, range.count, columns, input, output)
                } else {
                    let kind = format == .float16 ? SEE_WEIGHTS_F16 : SEE_WEIGHTS_BF16
                    see_weights_times_vector(kind, start, rowBytes, range.count, columns, input, output)
                }
            }
        default:
            guard let kind = format.wholeNumberFormat, let quantised else {
                return multiplyUnpacked(range, x, into: y)
            }
            for vector in 0..<x.rows {
                let output = y.base + vector * y.rowStride
                let input = quantised.vector(vector)
                see_weights_times_quantised(kind, start, rowBytes, range.count, columns, input, output)
            }
        }
    }

    private func multiplyPanels(
        _ range: Range<Int>,
        _ quantised: QuantisedVectors,
        as kind: see_weight_format,
        into y: MutableMatrixView<Float>
    ) {
        let panelRows = Int(SEE_PANEL_ROWS)
        let codeBytes = columns * panelRows
        let stepCount = columns / Int(SEE_ACTIVATION_BLOCK) * panelRows
        PackingMemory.with(count: codeBytes + 8 * stepCount, of: UInt8.self) { codes in
            let steps = UnsafeMutableRawPointer(codes + codeBytes).bindMemory(to: Float.self, capacity: 2 * stepCount)
            for first in stride(from: range.lowerBound, to: range.upperBound, by: panelRows) {
                let count = min(panelRows, range.upperBound - first)
                let start = bytes(fromRow: first).assumingMemoryBound(to: UInt8.self)
                see_pack_panel(kind, start, rowBytes, count, columns, codes, steps, steps + stepCount)
                see_panel_times_quantised(
                    kind,
                    codes,
                    steps,
                    steps + stepCount,
                    columns,
                    quantised.vector(0),
                    y.rows,
                    y.base + (first - range.lowerBound),
                    y.rowStride,
                    count
                )
            }
        }
    }

    private func multiplyUnpacked(_ range: Range<Int>, _ x: MatrixView<Float>, into y: MutableMatrixView<Float>) {
        if let floats = floats(rows: range) { return gemm(x, floats.transposed, into: y) }
        // Vectors in few numbers come with large chunks.
        let step = max(16, Self.unpackedBytes / max(1, 4 * columns))
        for first in stride(from: range.lowerBound, to: range.upperBound, by: step) {
            let part = first..<min(first + step, range.upperBound)
            PackingMemory.with(count: part.count * columns, of: Float.self) { unpacked in
                decode(rows: part, into: unpacked)
                let offset = first - range.lowerBound
                gemm(
                    x,
                    MatrixView(unpacked, rows: part.count, columns: columns).transposed,
                    into: y.extracting(rows: 0..<y.rows, columns: offset..<offset + part.count)
                )
            }
        }
    }
}
