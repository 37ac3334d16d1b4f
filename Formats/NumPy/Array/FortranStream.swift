import TensorFile

/// Streams an array in C order whose file has Fortran order (first dimension fastest).
///
/// Think of the array as a matrix: rows are the values of the first index, columns all combinations of the others. The
/// file holds it column by column; a slab of rows at a time is gathered and handed on. Where the data can be read at any
/// place, the slab takes `NumPyOptions.slabBytes`, or 4 KiB of every column where that is more (so that reads stay efficient); where it is
/// compressed, the slab is the whole array.
struct FortranStream {
    private static let runBytes = 4 << 10
    /// Columns that are gathered at a time: their runs stay in the first caches while they are turned.
    private static let batchBytes = 256 << 10

    private let payload: ArrayPayload
    private let width: Int
    private let rows: Int
    private let columns: Int
    /// For each dimension but the first, in file order (fastest first): its length and its stride in columns in C order.
    private let axes: [(length: Int, stride: Int)]

    /// A stream of an array with at least two dimensions above 1, none of them 0.
    init(payload: ArrayPayload) {
        self.payload = payload
        width = payload.tensor.type.geometry.bytes
        let shape = payload.tensor.shape.filter { $0 > 1 }
        rows = shape.first ?? 1
        // The descriptor has proved that the product of all lengths does not overflow.
        var axes: [(length: Int, stride: Int)] = []
        var stride = 1
        for length in shape.dropFirst().reversed() {
            axes.insert((length, stride), at: 0)
            stride *= length
        }
        self.axes = axes
        columns = stride
    }

    func stream(
        from source: any SequentialBytes,
        chunkBytes: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let height = slabRows
        let slab = UnsafeMutableRawBufferPointer.allocate(byteCount: height * columns * width, alignment: 64)
        defer { slab.deallocate() }
        if height < rows, let location = payload.location {
            // Out of order there is no running checksum: the whole is checked first.
            try source.discardRest()
            try source.finish()
            for first in stride(from: 0, to: rows, by: height) {
                let part = first..<min(first + height, rows)
                try gather(part, into: slab) { (column, buffer) throws(TensorFileError) in
                    let place = location.offset + (column * rows + part.lowerBound) * width
                    try location.file.read(at: place, into: buffer)
                }
                try deliver(slab, rows: part.count, chunkBytes: chunkBytes, body)
            }
        } else {
            try gather(0..<rows, into: slab) { (_, buffer) throws(TensorFileError) in try source.read(into: buffer) }
            try source.finish()
            try deliver(slab, rows: rows, chunkBytes: chunkBytes, body)
        }
    }

    private var slabRows: Int {
        guard payload.location != nil else { return rows }
        let rowBytes = columns * width
        return min(rows, max(1, payload.slabBytes / rowBytes, Self.runBytes / width))
    }

    /// Fills `slab` with the rows `part`, in C order; `read` fetches columns, from the one named on: runs of `part`'s rows,
    /// one column in each call, or several where `part` is all rows.
    private func gather(
        _ part: Range<Int>,
        into slab: UnsafeMutableRawBufferPointer,
        read: (_ column: Int, _ buffer: UnsafeMutableRawBufferPointer) throws(TensorFileError) -> Void
    ) throws(TensorFileError) {
        let run = part.count * width
        let batch = min(columns, max(1, Self.batchBytes / run))
        let staging = UnsafeMutableRawBufferPointer.allocate(byteCount: batch * run, alignment: 64)
        defer { staging.deallocate() }
        var index = [Int](repeating: 0, count: axes.count)
        var targets: [Int] = []
        targets.reserveCapacity(batch)
        var column = 0
        while column < columns {
            let count = min(batch, columns - column)
            if part.count == rows {
                try read(column, UnsafeMutableRawBufferPointer(rebasing: staging[..<(count * run)]))
            } else {
                for next in 0..<count {
                    try read(
                        column + next,
                        UnsafeMutableRawBufferPointer(rebasing: staging[next * run..<(next + 1) * run])
                    )
                }
            }
            targets.removeAll(keepingCapacity: true)
            for _ in 0..<count { targets.append(advance(&index)) }
            switch width {
            case 1: turn(UInt8.self, staging, rows: part.count, targets, slab)
            case 2: turn(UInt16.self, staging, rows: part.count, targets, slab)
            case 4: turn(UInt32.self, staging, rows: part.count, targets, slab)
            case 8: turn(UInt64.self, staging, rows: part.count, targets, slab)
            default: turn(SIMD2<UInt64>.self, staging, rows: part.count, targets, slab)
            }
            column += count
        }
    }

    /// The column in C order that `index` (in file order) names; moves `index` on to the next column of the file.
    private func advance(_ index: inout [Int]) -> Int {
        var column = 0
        var carries = true
        for (axis, (length, stride)) in axes.enumerated() {
            column += index[axis] * stride
            guard carries else { continue }
            index[axis] += 1
            carries = index[axis] == length
            if carries { index[axis] = 0 }
        }
        return column
    }

    /// Moves a batch of columns (each `rows` values in a run) to their places in the rows of `slab`.
    private func turn<Value: BitwiseCopyable>(
        _ type: Value.Type,
        _ staging: UnsafeMutableRawBufferPointer,
        rows: Int,
        _ targets: [Int],
        _ slab: UnsafeMutableRawBufferPointer
    ) {
        let from = staging.assumingMemoryBound(to: Value.self)
        let to = slab.assumingMemoryBound(to: Value.self)
        // Tiles of 16 rows: a tile's lines of the slab stay in the cache while the batch's columns pass.
        for tile in stride(from: 0, to: rows, by: 16) {
            let end = min(tile + 16, rows)
            for (number, target) in targets.enumerated() {
                for row in tile..<end { to[row * columns + target] = from[number * rows + row] }
            }
        }
    }

    private func deliver(
        _ slab: UnsafeMutableRawBufferPointer,
        rows: Int,
        chunkBytes: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let filled = UnsafeMutableRawBufferPointer(rebasing: slab[..<(rows * columns * width)])
        ValueRepair(payload.header.value).apply(to: filled)
        let chunk = payload.wholeValues(in: chunkBytes)
        var done = 0
        while done < filled.count {
            let count = min(chunk, filled.count - done)
            try body(UnsafeRawBufferPointer(rebasing: filled[done..<done + count]))
            done += count
        }
    }
}
