/// What is known of each row before its coefficients: its step, its magnitude, and where its bits lie.
struct RowIndex: Sendable, Equatable {
    /// The exponents of the rows' steps: row v has the step Δ · 2^(−gain / 2). Empty where all are 0.
    let gains: [Int8]
    /// The magnitudes of the rows: a coefficient's class is its axis's class + 2 · (magnitude − `unitMagnitude`).
    let magnitudes: [UInt8]
    /// Row v has the bits `offsets[v]..<offsets[v + 1]`.
    let offsets: [Int]
    /// Lengths are multiples of this many bits.
    let lengthUnit: Int

    /// Magnitudes lie in 0..<`magnitudeCount`, half an octave apart.
    static let magnitudeCount = 32
    /// The magnitude of a row that is as large as its axes' deviations say.
    static let unitMagnitude = 18
    /// Exponents of steps lie in −`largestGain`...`largestGain`.
    static let largestGain = 20
    /// Length units that exist.
    static let lengthUnits = 1...64
    /// A length is below 2^`lengthBits` units.
    static let lengthBits = 24

    /// The number of rows.
    var count: Int { magnitudes.count }
    /// The bits of all rows.
    var bitCount: Int { offsets[offsets.count - 1] }

    /// How much finer than Δ the step of `row` is.
    func gain(ofRow row: Int) -> Int { gains.isEmpty ? 0 : Int(gains[row]) }

    /// An index of rows of the given lengths, in units.
    init(gains: [Int8], magnitudes: [UInt8], lengths: [Int], lengthUnit: Int) {
        self.gains = gains
        self.magnitudes = magnitudes
        self.lengthUnit = lengthUnit
        var offsets = [0]
        offsets.reserveCapacity(lengths.count + 1)
        var offset = 0
        for length in lengths {
            offset += length * lengthUnit
            offsets.append(offset)
        }
        self.offsets = offsets
    }
}

extension RowIndex {
    /// Bits an index takes at least for each row: a hostile row count is refused before memory is taken for it.
    static let mostRowsPerByte = 1024

    /// Writes the index.
    func encode(into encoder: inout RangeEncoder) {
        var models = Models()
        var gain = 0
        for row in 0..<count {
            if !gains.isEmpty {
                models.gains[gain + Self.largestGain].encode(Int(gains[row]) + Self.largestGain, into: &encoder)
                gain = Int(gains[row])
            }
            let magnitude = Int(magnitudes[row])
            models.magnitudes[gain + Self.largestGain].encode(magnitude, into: &encoder)
            let length = (offsets[row + 1] - offsets[row]) / lengthUnit
            let (bucket, bits) = Self.bucket(of: length)
            models.lengths[magnitude].encode(bucket, into: &encoder)
            encoder.encode(bits: UInt32(truncatingIfNeeded: length) & ((1 << UInt32(bits)) - 1), count: bits)
        }
    }

    /// Reads the index of `count` rows.
    init(
        count: Int,
        hasGains: Bool,
        lengthUnit: Int,
        from decoder: inout RangeDecoder
    ) throws(ResidualCodingError) {
        var models = Models()
        var gains: [Int8] = []
        var magnitudes: [UInt8] = []
        var lengths: [Int] = []
        magnitudes.reserveCapacity(count)
        lengths.reserveCapacity(count)
        var gain = 0
        for row in 0..<count {
            if hasGains {
                gain = models.gains[gain + Self.largestGain].decode(from: &decoder) - Self.largestGain
                gains.append(Int8(gain))
            }
            let magnitude = models.magnitudes[gain + Self.largestGain].decode(from: &decoder)
            magnitudes.append(UInt8(magnitude))
            let (first, bits) = Self.lengths(ofBucket: models.lengths[magnitude].decode(from: &decoder))
            lengths.append(first + Int(decoder.bits(bits)))
            guard !decoder.isExhausted else {
                throw .damaged(.size, "residual.index", "it ends at row \(row) of \(count)")
            }
        }
        self.init(gains: gains, magnitudes: magnitudes, lengths: lengths, lengthUnit: lengthUnit)
    }

    /// Lengths below 16 have a bucket each, then eight share an octave.
    private static let bucketCount = 16 + 8 * (lengthBits - 4)

    private static func bucket(of length: Int) -> (bucket: Int, bits: Int) {
        guard length >= 16 else { return (length, 0) }
        let octave = Int.bitWidth - 1 - length.leadingZeroBitCount
        return (16 + 8 * (octave - 4) + ((length >> (octave - 3)) & 7), octave - 3)
    }

    private static func lengths(ofBucket bucket: Int) -> (first: Int, bits: Int) {
        guard bucket >= 16 else { return (bucket, 0) }
        let octave = 4 + (bucket - 16) / 8
        return ((8 + (bucket - 16) % 8) << (octave - 3), octave - 3)
    }

    private struct Models {
        /// By the row before's exponent.
        var gains = [AdaptiveModel](
            repeating: AdaptiveModel(count: 2 * largestGain + 1),
            count: 2 * largestGain + 1
        )
        /// By the row's exponent.
        var magnitudes = [AdaptiveModel](
            repeating: AdaptiveModel(count: magnitudeCount),
            count: 2 * largestGain + 1
        )
        /// Buckets by the row's magnitude.
        var lengths = [AdaptiveModel](repeating: AdaptiveModel(count: bucketCount), count: magnitudeCount)
    }
}
