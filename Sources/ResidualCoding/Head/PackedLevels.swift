import Kernels
import LinearAlgebra

/// The levels of all rows, packed so that a product with a vector reads them in place: about twice what their code takes.
///
/// Rows of one magnitude lie together, because blocks have the same widths in all of them.
struct PackedLevels: Sendable {
    /// Rows of one magnitude.
    struct Group: Sendable {
        /// The places of its rows.
        let places: Range<Int>
        /// What its rows add to the classes of the columns.
        let offset: Int
        let runs: [see_level_run]
        /// The width of each block.
        let widths: [see_level_width]
        /// Bytes a row.
        let rowBytes: Int
        /// Where its rows begin.
        let start: Int
    }

    let tables: LevelTables
    let groups: [Group]
    /// The row that lies at each place.
    let rows: [Int32]
    private let codes: [UInt8]
    /// The sum of each row's levels in codes.
    private let levelSums: [Int32]
    /// Levels that have no code: those of place p are `exceptionStarts[p]..<exceptionStarts[p + 1]`.
    private let exceptionStarts: [Int32]
    private let exceptions: [see_level_exception]

    /// Bytes of everything that a product reads.
    var byteCount: Int {
        codes.count + 8 * exceptions.count + 4 * (levelSums.count + exceptionStarts.count + rows.count)
    }

    /// Rows packed by one thread at a time: whole fours, but for a group's last.
    private static let chunkRows = 256

    /// The levels of `residual`.
    init(_ residual: CodedResidual) {
        let model = residual.model
        let tables = LevelTables(
            axisClasses: model.codedAxes.map { Int(model.axisClasses[$0]) },
            tables: model.tables
        )
        let magnitudes = residual.index.magnitudes
        var members = [[Int32]](repeating: [], count: RowIndex.magnitudeCount)
        for (row, magnitude) in magnitudes.enumerated() { members[Int(magnitude)].append(Int32(row)) }
        var groups: [Group] = []
        var (place, start) = (0, 0)
        for (magnitude, members) in members.enumerated() where !members.isEmpty {
            let group = Group(
                tables,
                places: place..<place + members.count,
                offset: LevelTables.offset(ofMagnitude: magnitude),
                start: start
            )
            groups.append(group)
            place += members.count
            start += members.count * group.rowBytes
        }
        let rows = members.flatMap { $0 }
        self.tables = tables
        self.groups = groups
        self.rows = rows
        var parts: [Part] = []
        codes = [UInt8](unsafeUninitializedCapacity: start + Self.readBeyond) { buffer, filled in
            guard let first = buffer.baseAddress else { return }
            see_prefer_large_pages(first, buffer.count)
            buffer.initialize(repeating: 0)
            filled = start + Self.readBeyond
            let codes = SharedMutablePointer(first)
            parts = groups.flatMap { group in
                Parallel.mapChunks(of: group.places.count, size: Self.chunkRows) { range in
                    Part(
                        residual,
                        tables,
                        group,
                        range.map { Int(rows[group.places.lowerBound + $0]) },
                        into: codes.base + group.start + range.lowerBound * group.rowBytes
                    )
                }
            }
        }
        var exceptionStarts: [Int32] = [0]
        for part in parts {
            for count in part.exceptionCounts { exceptionStarts.append((exceptionStarts.last ?? 0) + count) }
        }
        self.exceptionStarts = exceptionStarts
        levelSums = parts.flatMap(\.levelSums)
        exceptions = parts.flatMap(\.exceptions)
    }

    /// Bytes that a kernel may read behind the last row.
    private static let readBeyond = 64

    /// Where the blocks of a row begin among those of `rows` that alternate with it.
    private struct Place {
        let first: Int
        let row: Int
        let rows: Int

        /// Rows alternate in fours as long as there are four.
        init(ofRow row: Int, of count: Int, rowBytes: Int) {
            let alternating = Int(SEE_LEVEL_ROWS)
            let together = row / alternating * alternating
            (first, self.row, rows) =
                together + alternating <= count
                ? (together * rowBytes, row - together, alternating) : (row * rowBytes, 0, 1)
        }
    }

    /// What packing some rows of a group gave besides their codes.
    private struct Part: Sendable {
        var levelSums: [Int32] = []
        var exceptionCounts: [Int32] = []
        var exceptions: [see_level_exception] = []

        /// Packs `rows`, their bytes to `codes`, which are zeros.
        init(
            _ residual: CodedResidual,
            _ tables: LevelTables,
            _ group: Group,
            _ rows: [Int],
            into codes: UnsafeMutablePointer<UInt8>
        ) {
            let decoder = RowDecoder(residual.model)
            let columns = residual.axisCount
            var levels = [Int32](repeating: 0, count: columns)
            for (i, row) in rows.enumerated() {
                residual.bits.withUnsafeBufferPointer { bits in
                    levels.withUnsafeMutableBufferPointer { decoder.decode(row, of: residual.index, bits, into: $0) }
                }
                let place = Place(ofRow: i, of: rows.count, rowBytes: group.rowBytes)
                var offset = 0
                var sum: Int32 = 0
                let before = exceptions.count
                for block in 0..<tables.blockCount {
                    let first = block * LevelTables.blockColumns
                    let range = first..<min(first + LevelTables.blockColumns, columns)
                    let width = group.widths[block]
                    let byte = place.first + place.rows * offset + place.row * width.blockBytes
                    if width == SEE_LEVELS_16 {
                        pack16(levels, range, at: codes + byte)
                    } else {
                        sum += pack(levels, range, width, tables, offset: group.offset, at: codes + byte)
                    }
                    offset += width.blockBytes
                }
                levelSums.append(sum)
                exceptionCounts.append(Int32(exceptions.count - before))
            }
        }

        /// Packs a block in codes; gives the sum of its levels.
        private mutating func pack(
            _ levels: [Int32],
            _ range: Range<Int>,
            _ width: see_level_width,
            _ tables: LevelTables,
            offset: Int,
            at codes: UnsafeMutablePointer<UInt8>
        ) -> Int32 {
            let bits = width.codeBits
            var sum: Int32 = 0
            for (i, column) in range.enumerated() where levels[column] != 0 {
                let level = levels[column]
                guard let code = tables.code(of: level, column: column, offset: offset, codes: width.codeCount) else {
                    exceptions.append(see_level_exception(column: Int32(column), level: level))
                    continue
                }
                sum += level
                let (at, shift) = (i * bits / 8, i * bits % 8)
                codes[at] |= UInt8(truncatingIfNeeded: code << shift)
                if shift + bits > 8 { codes[at + 1] |= UInt8(truncatingIfNeeded: code >> (8 - shift)) }
            }
            return sum
        }

        private mutating func pack16(_ levels: [Int32], _ range: Range<Int>, at codes: UnsafeMutablePointer<UInt8>) {
            for (i, column) in range.enumerated() {
                guard let level = Int16(exactly: levels[column]) else {
                    exceptions.append(see_level_exception(column: Int32(column), level: levels[column]))
                    continue
                }
                codes[2 * i] = UInt8(truncatingIfNeeded: level)
                codes[2 * i + 1] = UInt8(truncatingIfNeeded: level >> 8)
            }
        }
    }
}

extension PackedLevels.Group {
    init(_ tables: LevelTables, places: Range<Int>, offset: Int, start: Int) {
        self.places = places
        self.offset = offset
        self.start = start
        widths = (0..<tables.blockCount).map { tables.width(ofBlock: $0, offset: offset) }
        var runs: [see_level_run] = []
        for width in widths {
            if let last = runs.last, UInt32(last.width) == width.rawValue {
                runs[runs.count - 1].blocks += 1
            } else {
                runs.append(see_level_run(width: UInt16(width.rawValue), blocks: 1))
            }
        }
        self.runs = runs
        rowBytes = widths.reduce(0) { $0 + $1.blockBytes }
    }
}

extension PackedLevels {
    /// A vector made ready for products: its elements, and as 16-bit integers in two bytes each.
    struct Vector: Sendable {
        fileprivate let values: [Float]
        fileprivate let high: [UInt8]
        fileprivate let low: [UInt8]
        fileprivate let scale: Float
    }

    /// `elements`, one a column, made ready.
    func vector(_ elements: [Float]) -> Vector {
        let count = tables.blockCount * LevelTables.blockColumns
        let values = elements + [Float](repeating: 0, count: count - elements.count)
        // Blocks that are never packed in codes are taken as they are, and need not fit the scale.
        var largest: Float = 0
        for block in 0..<tables.blockCount where groups.contains(where: { $0.widths[block] != SEE_LEVELS_16 }) {
            let first = block * LevelTables.blockColumns
            for column in first..<first + LevelTables.blockColumns { largest = max(largest, abs(values[column])) }
        }
        // At most 32,639, so that the higher byte rounds to at most 127.
        let scale = largest > 0 ? largest / 32_639 : 1
        var (high, low) = ([UInt8](repeating: 128, count: count), [UInt8](repeating: 0, count: count))
        for column in 0..<count {
            let integer = Int32(max(-32_767, min(32_767, (values[column] / scale).rounded())))
            high[column] = UInt8(truncatingIfNeeded: (integer >> 8) + 128)
            low[column] = UInt8(truncatingIfNeeded: integer)
        }
        return Vector(values: values, high: high, low: low, scale: scale)
    }

    /// Writes the sums of level · element for the rows at `places`, which lie in `group`, to `products`. The places begin a multiple
    /// of four behind the group's first, and end there too or at its last.
    func multiply(
        _ vector: Vector,
        _ places: Range<Int>,
        of group: Group,
        into products: UnsafeMutablePointer<Float>
    ) {
        func call(
            _ values: UnsafePointer<Float>,
            _ high: UnsafePointer<UInt8>,
            _ low: UnsafePointer<UInt8>,
            _ codes: UnsafePointer<UInt8>,
            _ sums: UnsafePointer<Int32>
        ) {
            var ready = see_level_vector(values: values, high: high, low: low, scale: vector.scale)
            tables.withKernelTables { tables in
                see_level_products(
                    tables,
                    group.runs,
                    group.runs.count,
                    Int32(group.offset),
                    codes + group.start + (places.lowerBound - group.places.lowerBound) * group.rowBytes,
                    group.rowBytes,
                    sums + places.lowerBound,
                    places.count,
                    &ready,
                    products
                )
            }
        }
        call(vector.values, vector.high, vector.low, codes, levelSums)
        addExceptions(exceptions, exceptionStarts)

        func addExceptions(_ exceptions: UnsafePointer<see_level_exception>, _ starts: UnsafePointer<Int32>) {
            see_add_level_exceptions(exceptions, starts + places.lowerBound, places.count, vector.values, products)
        }
    }
}
