import LinearAlgebra

/// Sums over the rows of a batch, by fixed blocks of rows, so that threads change no bit.
enum RowSums {
    /// Rows whose sum one thread takes.
    static let block = 64

    /// gradient += Σ rows, where `body` adds the terms of a block's rows to `[width]` numbers that are 0 at first.
    static func add(
        rows: Int,
        width: Int,
        memory: ActivationMemory,
        to gradient: UnsafeMutablePointer<Float>?,
        _ body: @Sendable (Range<Int>, UnsafeMutablePointer<Float>) -> Void
    ) {
        let blocks = (rows + block - 1) / block
        memory.scratch {
            let partial = memory.matrix(blocks, width)
            Parallel.forEachChunk(of: rows, size: block) { range in
                let target = partial.base + range.lowerBound / block * width
                target.update(repeating: 0, count: width)
                body(range, target)
            }
            guard let gradient else { return }
            for index in 0..<blocks { axpy(1, partial.base + index * width, gradient, count: width) }
        }
    }
}
