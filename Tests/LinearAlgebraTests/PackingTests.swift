import Kernels
import TestSupport
import Testing

@testable import LinearAlgebra

/// The kernels that pack panels against their plain statement; they must not write beyond the panel.
@Suite struct PackingTests {
    @Test(arguments: [1, 3, 6, 8, 12, 14, 16, 32], [1, 3, 4, 7, 8, 15, 16, 17, 32, 45])
    func packsRows(width: Int, columns: Int) {
        let stride = columns + 3
        let source = (0..<width * stride).map { Float($0) + 0.5 }
        check(width: width, columns: columns) { rows, panel in
            see_spack_rows(source, stride, rows, columns, 2, width, panel)
        } element: { row, column in
            source[row * stride + column]
        }
    }

    @Test(arguments: [1, 3, 6, 8, 12, 14, 16, 32], [1, 3, 17])
    func packsColumns(width: Int, columns: Int) {
        let stride = width + 3
        // Nothing is read behind the last element.
        let source = (0..<columns * stride).map { Float($0) + 0.5 }
        check(width: width, columns: columns) { rows, panel in
            see_spack_columns(source, stride, rows, columns, 2, width, panel)
        } element: { row, column in
            source[column * stride + row]
        }
    }

    /// Checks what `pack` makes of some rows, on every path: the elements times 2, with zeros in the rows that are not there.
    private func check(
        width: Int,
        columns: Int,
        pack: (_ rows: Int, _ panel: UnsafeMutablePointer<Float>) -> Void,
        element: (_ row: Int, _ column: Int) -> Float
    ) {
        KernelPaths.forEach { path in
            for rows in Set([1, width / 2, width - 1, width]) where rows > 0 {
                var panel = [Float](repeating: -1, count: width * columns + 64)
                pack(rows, &panel)
                for column in 0..<columns {
                    for row in 0..<width {
                        let expected = row < rows ? 2 * element(row, column) : 0
                        #expect(panel[column * width + row] == expected, "path \(path.rawValue), \(rows) rows")
                    }
                }
                #expect(panel[(width * columns)...].allSatisfy { $0 == -1 }, "path \(path.rawValue), \(rows) rows")
            }
        }
    }
}
