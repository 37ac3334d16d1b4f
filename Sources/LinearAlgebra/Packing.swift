extension MatrixView where Scalar: ProductScalar {
    /// Copies the view into panels of `width` rows, in the order in which the tile kernel reads them: `width` elements
    /// of column 0, then of column 1 and so on, all times `scale`. Rows beyond the last are zero.
    ///
    /// The left operand of a product is packed so, and, transposed, the right one.
    func pack(inPanelsOf width: Int, times scale: Scalar = 1, into buffer: UnsafeMutablePointer<Scalar>) {
        var panel = buffer
        for first in stride(from: 0, to: rows, by: width) {
            let count = min(width, rows - first)
            if rowStride == 1 {
                packAdjacent(base + first, count, times: scale, width: width, into: panel)
            } else {
                packDistant(base + first * rowStride, count, times: scale, width: width, into: panel)
            }
            panel += width * columns
        }
    }

    /// A panel whose elements of one column lie side by side.
    private func packAdjacent(
        _ source: UnsafePointer<Scalar>,
        _ count: Int,
        times scale: Scalar,
        width: Int,
        into panel: UnsafeMutablePointer<Scalar>
    ) {
        if Scalar.packColumns(
            source,
            columnStride: columnStride,
            count,
            columns,
            times: scale,
            width: width,
            into: panel
        ) {
            return
        }
        let quads = count & ~3
        for column in 0..<columns {
            let from = source + column * columnStride
            let to = panel + column * width
            for row in stride(from: 0, to: quads, by: 4) { (to + row).store(quad(from + row) * scale) }
            for row in quads..<count { to[row] = from[row] * scale }
            for row in count..<width { to[row] = 0 }
        }
    }

    /// A panel whose elements of one column lie in different rows, which are adjacent along the row: squares of four by
    /// four change their order in registers.
    private func packDistant(
        _ source: UnsafePointer<Scalar>,
        _ count: Int,
        times scale: Scalar,
        width: Int,
        into panel: UnsafeMutablePointer<Scalar>
    ) {
        if Scalar.packRows(source, rowStride: rowStride, count, columns, times: scale, width: width, into: panel) {
            return
        }
        let (quadRows, quadColumns) = (count & ~3, columns & ~3)
        for row in stride(from: 0, to: quadRows, by: 4) {
            let from = source + row * rowStride
            let to = panel + row
            for column in stride(from: 0, to: quadColumns, by: 4) {
                let a = quad(from + column) * scale
                let b = quad(from + column + rowStride) * scale
                let c = quad(from + column + 2 * rowStride) * scale
                let d = quad(from + column + 3 * rowStride) * scale
                (to + column * width).store(SIMD4(a[0], b[0], c[0], d[0]))
                (to + (column + 1) * width).store(SIMD4(a[1], b[1], c[1], d[1]))
                (to + (column + 2) * width).store(SIMD4(a[2], b[2], c[2], d[2]))
                (to + (column + 3) * width).store(SIMD4(a[3], b[3], c[3], d[3]))
            }
        }
        for row in 0..<count {
            let from = source + row * rowStride
            for column in (row < quadRows ? quadColumns : 0)..<columns {
                panel[column * width + row] = from[column] * scale
            }
        }
        for row in count..<width {
            for column in 0..<columns { panel[column * width + row] = 0 }
        }
    }

    @inline(__always)
    private func quad(_ source: UnsafePointer<Scalar>) -> SIMD4<Scalar> {
        UnsafeRawPointer(source).loadUnaligned(as: SIMD4<Scalar>.self)
    }
}

extension UnsafeMutablePointer where Pointee: SIMDScalar {
    @inline(__always)
    fileprivate func store(_ quad: SIMD4<Pointee>) {
        UnsafeMutableRawPointer(self).storeBytes(of: quad, as: SIMD4<Pointee>.self)
    }
}
