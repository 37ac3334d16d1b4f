/// Frequencies of symbols that grow as they are seen, the same way in encoder and decoder: for the parts that are read
/// from beginning to end.
struct AdaptiveModel {
    private static let increment: UInt32 = 24
    private static let limit: UInt32 = 1 << 13

    private var frequencies: [UInt32]
    private var total: UInt32

    /// A model of `count` symbols (at most 256), all alike at first.
    init(count: Int) {
        frequencies = Array(repeating: 1, count: count)
        total = UInt32(count)
    }

    /// Writes `symbol`.
    mutating func encode(_ symbol: Int, into encoder: inout RangeEncoder) {
        var start: UInt32 = 0
        for other in 0..<symbol { start += frequencies[other] }
        encoder.encode(start: start, size: frequencies[symbol], total: total)
        count(symbol)
    }

    /// Reads a symbol.
    mutating func decode(from decoder: inout RangeDecoder) -> Int {
        let target = decoder.target(total: total)
        var symbol = 0
        var start: UInt32 = 0
        while start + frequencies[symbol] <= target {
            start += frequencies[symbol]
            symbol += 1
        }
        decoder.narrow(start: start, size: frequencies[symbol], total: total)
        count(symbol)
        return symbol
    }

    private mutating func count(_ symbol: Int) {
        frequencies[symbol] += Self.increment
        total += Self.increment
        guard total > Self.limit else { return }
        total = 0
        for i in frequencies.indices {
            frequencies[i] = (frequencies[i] + 1) / 2
            total += frequencies[i]
        }
    }
}

/// Signed integers with an adaptive model of their magnitudes; signs and what exceeds the model are plain bits.
struct AdaptiveIntegerModel {
    private static let escape = 16
    private var magnitudes = AdaptiveModel(count: AdaptiveIntegerModel.escape + 1)
    /// How many of a magnitude's lowest bits are written as they are.
    let shift: Int

    init(shift: Int = 0) { self.shift = shift }

    /// Writes `value`, whose magnitude is below 2²⁰.
    mutating func encode(_ value: Int, into encoder: inout RangeEncoder) {
        let magnitude = value.magnitude
        let high = Int(magnitude >> UInt(shift))
        magnitudes.encode(min(high, Self.escape), into: &encoder)
        if high >= Self.escape { encoder.encode(golomb: UInt32(high - Self.escape)) }
        encoder.encode(bits: UInt32(truncatingIfNeeded: magnitude), count: shift)
        if value != 0 { encoder.encode(bits: value < 0 ? 1 : 0, count: 1) }
    }

    /// Reads a value.
    mutating func decode(from decoder: inout RangeDecoder) -> Int {
        var magnitude = magnitudes.decode(from: &decoder)
        if magnitude == Self.escape { magnitude += Int(decoder.golomb()) }
        magnitude = magnitude << shift | Int(decoder.bits(shift))
        guard magnitude != 0 else { return 0 }
        return decoder.bit() == 1 ? -magnitude : magnitude
    }
}
