import Kernels

/// One thread's share of a product, by the scheme of Goto and van de Geijn (2008): blocks of both operands are packed so
/// that the kernel reads them in a row, b's from the outer cache and a's from the inner one.
struct BlockedProduct<Scalar: ProductScalar>: Sendable {
    /// How many steps of the inner dimension (2 KiB of them), rows of a and columns of b one packing holds at most;
    /// measured, with little difference between neighbouring values.
    private static var block: (depth: Int, rows: Int, columns: Int) { (2048 / MemoryLayout<Scalar>.stride, 140, 1024) }

    let tile: see_tile_shape
    private let alpha: Scalar
    private let accumulating: Bool

    /// A product times `alpha` that replaces c, or is added to it.
    init(alpha: Scalar, accumulating: Bool) {
        tile = Scalar.tileShape
        self.alpha = alpha
        self.accumulating = accumulating
    }

    /// c (+)= alpha · a · b
    func multiply(_ a: MatrixView<Scalar>, _ b: MatrixView<Scalar>, into c: MutableMatrixView<Scalar>) {
        let rowsPerBlock = min(Self.block.rows, a.rows).roundedUp(toMultipleOf: tile.rows)
        let columnsPerBlock = min(Self.block.columns, b.columns).roundedUp(toMultipleOf: tile.columns)
        // Blocks of equal depth: a last thin one would spend its time on reading and writing c.
        let depth = (a.columns - 1) / ((a.columns - 1) / Self.block.depth + 1) + 1
        PackingMemory.with(count: depth * (rowsPerBlock + columnsPerBlock), of: Scalar.self) { right in
            let left = right + depth * columnsPerBlock
            for columns in blocks(of: b.columns, size: columnsPerBlock) {
                for steps in blocks(of: a.columns, size: depth) {
                    b.extracting(rows: steps, columns: columns).transposed.pack(inPanelsOf: tile.columns, into: right)
                    for rows in blocks(of: a.rows, size: rowsPerBlock) {
                        a.extracting(rows: rows, columns: steps).pack(inPanelsOf: tile.rows, times: alpha, into: left)
                        multiplyPacked(
                            left,
                            right,
                            depth: steps.count,
                            into: c.extracting(rows: rows, columns: columns),
                            accumulating: accumulating || steps.lowerBound > 0
                        )
                    }
                }
            }
        }
    }

    /// The product of two packed blocks, tile by tile: a panel of b stays in the innermost cache while a's pass by.
    private func multiplyPacked(
        _ left: UnsafePointer<Scalar>,
        _ right: UnsafePointer<Scalar>,
        depth: Int,
        into c: MutableMatrixView<Scalar>,
        accumulating: Bool
    ) {
        for columns in blocks(of: c.columns, size: tile.columns) {
            for rows in blocks(of: c.rows, size: tile.rows) {
                Scalar.multiplyTile(
                    tile,
                    depth: depth,
                    left + rows.lowerBound * depth,
                    right + columns.lowerBound * depth,
                    into: c.extracting(rows: rows, columns: columns),
                    accumulating: accumulating
                )
            }
        }
    }

    private func blocks(of count: Int, size: Int) -> some Sequence<Range<Int>> {
        stride(from: 0, to: count, by: size).lazy.map { $0..<min($0 + size, count) }
    }
}

extension Int {
    /// The least multiple of `unit` that is not below this number.
    func roundedUp(toMultipleOf unit: Int) -> Int {
        (self + unit - 1) / unit * unit
    }
}
