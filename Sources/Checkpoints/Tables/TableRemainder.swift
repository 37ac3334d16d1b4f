import Entanglement
import LinearAlgebra

/// What the layer below leaves of a table, row by row as it is asked for.
struct TableRemainder: RowSource {
    let table: any RowSource
    let factors: (any StorableTable)?

    var rowCount: Int { table.rowCount }
    var columnCount: Int { table.columnCount }

    func rows(_ range: Range<Int>) throws -> Matrix {
        var difference = try table.rows(range)
        guard let factors else { return difference }
        let below = factors.rows(range)
        difference.withMutableView { view in
            below.withView { below in
                for i in 0..<view.rows * view.columns { view.base[i] -= below.base[i] }
            }
        }
        return difference
    }
}
