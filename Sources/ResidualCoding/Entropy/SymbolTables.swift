import Kernels

/// What is known of a coefficient before it is read: how large its standard deviation is against the step, in quarters
/// of an octave, and which quantiser it uses. Each pair has a static table of the symbols' frequencies and the points
/// at which the smallest magnitudes are rebuilt.
///
/// A symbol is a magnitude without its lowest `shift(ofClass:)` bits, or `escape` with the rest in a Golomb code; the
/// lowest bits and the sign follow as they are.
struct SymbolTables: Sendable, Equatable {
    /// The number of symbols.
    static let symbolCount = 16
    /// The symbol of all magnitudes that have none of their own.
    static let escape = symbolCount - 1
    /// Frequencies add up to 2^`totalBits`.
    static let totalBits: UInt32 = 15
    /// Classes lie in 1..<`classLimit`; 0 means that an axis is not coded.
    static let classLimit = 128
    /// The class of a standard deviation of one step.
    static let unitClass = 24
    /// Points are kept in parts of a step; packed levels count in them.
    static let pointsPerStep = SEE_LEVEL_STEP
    /// Magnitudes 1...`pointCount` have points of their own in the classes without shift.
    static let pointCount = 3
    /// An eighth of an octave is the grain of stored frequencies.
    private static let grain = 8
    private static let largestLevel = grain * Int(totalBits)

    /// The classes that have tables; others use the nearest.
    let classes: ClosedRange<Int>
    /// Cumulative frequencies: `symbolCount` + 1 for each pair of class and quantiser. 2¹⁵ fits 16 bits.
    let starts: [UInt16]
    /// How far the point of magnitude m lies above its multiple of the step, at 4 · pair + m, in parts.
    let points: [Int8]

    /// The lowest bits of a magnitude of the class that have no symbol.
    static func shift(ofClass c: Int) -> Int { max(0, (c - 34) >> 2) }

    /// Which table belongs to class `c`, which may lie outside `classes`, and `quantiser`.
    @inline(__always)
    func pair(_ c: Int, quantiser: Int) -> Int {
        2 * (min(max(c, classes.lowerBound), classes.upperBound) - classes.lowerBound) + quantiser
    }

    /// Tables of rounded probabilities: `probabilities` has `symbolCount` numbers for each pair, `centroids` 4 means of
    /// magnitude − multiple, in steps.
    init(classes: ClosedRange<Int>, probabilities: [Double], centroids: [Double]) {
        var levels: [Int] = []
        for first in stride(from: 0, to: probabilities.count, by: Self.symbolCount) {
            let row = probabilities[first..<first + Self.symbolCount]
            let sum = row.reduce(0, +)
            for value in row {
                let bits = -binaryLogarithm(max(value, 1e-9) / max(sum, 1e-9))
                levels.append(min(max(Int((bits * Double(Self.grain)).rounded()), 0), Self.largestLevel))
            }
        }
        let points = centroids.enumerated().map { i, value -> Int8 in
            let c = classes.lowerBound + i / 8
            guard i % 4 >= 1, Self.shift(ofClass: c) == 0 else { return 0 }
            return Int8(min(max((value * Double(Self.pointsPerStep)).rounded(), -31), 31))
        }
        self.init(classes: classes, levels: levels, points: points)
    }

    private init(classes: ClosedRange<Int>, levels: [Int], points: [Int8]) {
        self.classes = classes
        self.levels = levels
        self.points = points
        var starts: [UInt16] = []
        for first in stride(from: 0, to: levels.count, by: Self.symbolCount) {
            var sum = 0
            for frequency in Self.frequencies(Array(levels[first..<first + Self.symbolCount])) {
                starts.append(UInt16(sum))
                sum += frequency
            }
            starts.append(UInt16(sum))
        }
        self.starts = starts
    }

    /// −log₂ of the symbols' probabilities before they are made to add up, in grains: what is stored.
    private let levels: [Int]

    /// Frequencies of the given levels that add up to 2¹⁵, in integers throughout.
    private static func frequencies(_ levels: [Int]) -> [Int] {
        // 2^(15 − i/8), rounded.
        let powers = [32768, 30048, 27554, 25268, 23170, 21247, 19484, 17867]
        let total = 1 << Int(totalBits)
        let raw = levels.map { powers[$0 & 7] >> ($0 >> 3) }
        let sum = max(1, raw.reduce(0, +))
        var frequencies = raw.map { max(1, $0 * total / sum) }
        var largest = 0
        for i in frequencies.indices where frequencies[i] > frequencies[largest] { largest = i }
        frequencies[largest] += total - frequencies.reduce(0, +)
        return frequencies
    }
}

extension SymbolTables {
    /// Writes the tables.
    func encode(into encoder: inout RangeEncoder) {
        encoder.encode(bits: UInt32(classes.lowerBound), count: 8)
        encoder.encode(bits: UInt32(classes.upperBound), count: 8)
        var models = Models()
        let width = 2 * Self.symbolCount
        for i in levels.indices {
            let before = i >= width ? levels[i - width] : 0
            models.levels[Models.group(i)].encode(levels[i] - before, into: &encoder)
        }
        for i in points.indices where Self.hasPoint(i, classes) {
            models.points.encode(Int(points[i]) - (i >= 8 ? Int(points[i - 8]) : 0), into: &encoder)
        }
    }

    /// Reads tables; damaged ones become others.
    init(from decoder: inout RangeDecoder) throws(ResidualCodingError) {
        let (low, high) = (Int(decoder.bits(8)), Int(decoder.bits(8)))
        guard low >= 1, low <= high, high < Self.classLimit else {
            throw .damaged(.value, "residual.model", "tables for the classes \(low)…\(high)")
        }
        let classes = low...high
        var models = Models()
        let width = 2 * Self.symbolCount
        var levels: [Int] = []
        for i in 0..<width * classes.count {
            let level = (i >= width ? levels[i - width] : 0) + models.levels[Models.group(i)].decode(from: &decoder)
            levels.append(min(max(level, 0), Self.largestLevel))
        }
        var points = [Int8](repeating: 0, count: 8 * classes.count)
        for i in points.indices where Self.hasPoint(i, classes) {
            let point = (i >= 8 ? Int(points[i - 8]) : 0) + models.points.decode(from: &decoder)
            points[i] = Int8(min(max(point, -31), 31))
        }
        self.init(classes: classes, levels: levels, points: points)
    }

    private static func hasPoint(_ i: Int, _ classes: ClosedRange<Int>) -> Bool {
        i % 4 >= 1 && shift(ofClass: classes.lowerBound + i / 8) == 0
    }

    /// The models of the differences from class to class.
    private struct Models {
        var levels = [AdaptiveIntegerModel](repeating: AdaptiveIntegerModel(), count: 4)
        var points = AdaptiveIntegerModel()

        /// The first class, then frequent symbols, rarer ones, and those that hardly occur.
        static func group(_ i: Int) -> Int {
            let symbol = i % symbolCount
            return i < 2 * symbolCount ? 0 : symbol < 2 ? 1 : symbol < 8 ? 2 : 3
        }
    }
}
