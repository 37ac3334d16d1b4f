import Kernels
import LinearAlgebra

/// A batch of vectors rounded to blocks of 32 signed bytes with a scale each: the input of whole-number products.
struct QuantisedVectors: @unchecked Sendable {
    // Written once, before any thread reads; whoever made it keeps the memory alive.
    private let codes: UnsafeMutablePointer<Int8>
    private let scales: UnsafeMutablePointer<Float>
    private let negatedSums: UnsafeMutablePointer<Int32>
    private let columns: Int

    /// Calls `body` with the rounded rows of `x`, whose length is a multiple of 32.
    static func with(_ x: MatrixView<Float>, _ body: (QuantisedVectors) -> Void) {
        let blocks = x.columns / Int(SEE_ACTIVATION_BLOCK)
        let bytesPerRow = x.columns + blocks * 8
        PackingMemory.with(count: x.rows * bytesPerRow, of: Int8.self) { memory in
            let raw = UnsafeMutableRawPointer(memory)
            let scales = (raw + x.rows * x.columns).bindMemory(to: Float.self, capacity: x.rows * blocks)
            let sums = (raw + x.rows * (x.columns + 4 * blocks)).bindMemory(to: Int32.self, capacity: x.rows * blocks)
            let vectors = QuantisedVectors(codes: memory, scales: scales, negatedSums: sums, columns: x.columns)
            // A row takes about a microsecond: a thread is worth it for some tens of them.
            Parallel.forEachChunk(of: x.rows, size: 32) { rows in
                for row in rows {
                    see_quantise_vector(
                        x.base + row * x.rowStride,
                        x.columns,
                        vectors.codes + row * x.columns,
                        vectors.scales + row * blocks,
                        vectors.negatedSums + row * blocks
                    )
                }
            }
            body(vectors)
        }
    }

    /// The vectors from `row` on, as kernels take them.
    func vector(_ row: Int) -> see_quantised_vector {
        let blocks = columns / Int(SEE_ACTIVATION_BLOCK)
        return see_quantised_vector(
            codes: codes + row * columns,
            scales: scales + row * blocks,
            negated_sums: negatedSums + row * blocks
        )
    }
}
