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

    /// Rows of a group that are multiplied together, while their codes are in the cache: whole eights, but for the group's last.
    struct Chunk: Sendable {
        let group: Group
        /// The places of its rows.
        let places: Range<Int>
        fileprivate let exceptions: LevelExceptions
    }

    let tables: LevelTables
    let groups: [Group]
    /// All rows, in the order of their places.
    let chunks: [Chunk]
    /// Whether any row has codes in a block.
    private let isCoded: [Bool]
    /// The row that lies at each place.
    let rows: [Int32]
    private let codes: [UInt8]
    /// The sum of each row's levels in codes of 2 and 3 bits.
    private let levelSums: [Int32]

    /// Bytes of everything that a product reads.
    var byteCount: Int {
        chunks.reduce(codes.count + 4 * (levelSums.count + rows.count)) { $0 + $1.exceptions.byteCount }
    }

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
            start += (members.count + Self.rowsTogether - 1) / Self.rowsTogether * Self.rowsTogether * group.rowBytes
        }
        let rows = members.flatMap { $0 }
        self.tables = tables
        self.groups = groups
        isCoded = (0..<tables.blockCount).map { block in groups.contains { $0.widths[block] != SEE_LEVELS_16 } }
        self.rows = rows
        var parts: [(chunk: Chunk, levelSums: [Int32])] = []
        codes = [UInt8](unsafeUninitializedCapacity: start) { buffer, filled in
            guard let first = buffer.baseAddress else { return }
            see_prefer_large_pages(first, buffer.count)
            buffer.initialize(repeating: 0)
            filled = start
            let codes = SharedMutablePointer(first)
            parts = groups.flatMap { group in
                Parallel.mapChunks(of: group.places.count, size: LevelExceptions.mostRows) { range in
                    let places = group.places.lowerBound + range.lowerBound..<group.places.lowerBound + range.upperBound
                    let part = Part(
                        residual,
                        tables,
                        group,
                        rows[places].map(Int.init),
                        into: codes.base + group.start + range.lowerBound * group.rowBytes
                    )
                    let exceptions = part.exceptions.sorted(blockCount: tables.blockCount)
                    return (Chunk(group: group, places: places, exceptions: exceptions), part.levelSums)
                }
            }
        }
        chunks = parts.map(\.chunk)
        levelSums = parts.flatMap(\.levelSums)
    }

    /// Rows whose blocks lie together; what is missing of the last rows of a group is zeros.
    private static let rowsTogether = Int(SEE_LEVEL_ROWS)

    /// What packing some rows of a group gave besides their codes.
    private struct Part: Sendable {
        var levelSums: [Int32] = []
        var exceptions = LevelExceptions.Collection()

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
            for (member, row) in rows.enumerated() {
                residual.bits.withUnsafeBufferPointer { bits in
                    levels.withUnsafeMutableBufferPointer { decoder.decode(row, of: residual.index, bits, into: $0) }
                }
                let row = member % PackedLevels.rowsTogether
                var byte = (member - row) * group.rowBytes
                var sum: Int32 = 0
                for block in 0..<tables.blockCount {
                    let first = block * LevelTables.blockColumns
                    let range = first..<min(first + LevelTables.blockColumns, columns)
                    let width = group.widths[block]
                    if width == SEE_LEVELS_16 {
                        pack16(levels, range, member, at: codes + byte + row * width.blockBytes)
                    } else {
                        sum += pack(levels, range, width, tables, offset: group.offset, member, in: codes + byte)
                    }
                    byte += PackedLevels.rowsTogether * width.blockBytes
                }
                levelSums.append(sum)
            }
        }

        /// Packs a row's part of a block in codes; gives what the kernels must know as its sum of levels.
        private mutating func pack(
            _ levels: [Int32],
            _ range: Range<Int>,
            _ width: see_level_width,
            _ tables: LevelTables,
            offset: Int,
            _ member: Int,
            in block: UnsafeMutablePointer<UInt8>
        ) -> Int32 {
            let row = Int32(member % PackedLevels.rowsTogether)
            var sum: Int32 = 0
            for (i, column) in range.enumerated() where levels[column] != 0 {
                let level = levels[column]
                guard let step = tables.step(of: level, column: column, offset: offset, width) else {
                    exceptions.add(level, row: member, column: column)
                    continue
                }
                sum += level
                see_pack_level(width, Int32(step), row, Int32(i), block)
            }
            return width == SEE_LEVELS_2 || width == SEE_LEVELS_3 ? sum : 0
        }

        private mutating func pack16(
            _ levels: [Int32],
            _ range: Range<Int>,
            _ member: Int,
            at codes: UnsafeMutablePointer<UInt8>
        ) {
            for (i, column) in range.enumerated() {
                guard let level = Int16(exactly: levels[column]) else {
                    exceptions.add(levels[column], row: member, column: column)
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
        for (block, width) in widths.enumerated() {
            let hasOneClass: UInt16 = tables.hasOneClass(block: block) ? 1 : 0
            if let last = runs.last, UInt32(last.width) == width.rawValue, last.has_one_class == hasOneClass {
                runs[runs.count - 1].blocks += 1
            } else {
                runs.append(see_level_run(width: UInt16(width.rawValue), blocks: 1, has_one_class: hasOneClass))
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
        for (block, isCoded) in isCoded.enumerated() where isCoded {
            let first = block * LevelTables.blockColumns
            for column in first..<first + LevelTables.blockColumns { largest = max(largest, abs(values[column])) }
        }
        var (high, low) = ([UInt8](repeating: 128, count: count), [UInt8](repeating: 128, count: count))
        let scale = see_level_digits(values, count, largest, &high, &low)
        return Vector(values: values, high: high, low: low, scale: scale)
    }

    /// Writes the sums of level · element for the rows of `chunk` to `products`, in the order of their places.
    func multiply(_ vector: Vector, _ chunk: Chunk, into products: UnsafeMutablePointer<Float>) {
        let (group, places) = (chunk.group, chunk.places)
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
        chunk.exceptions.add(vector.values, to: products)
    }
}
