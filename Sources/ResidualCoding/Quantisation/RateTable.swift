/// What each magnitude costs and where it is rebuilt, for every pair of class and quantiser of some tables.
struct RateTable: Sendable {
    /// Magnitudes below this have an entry of their own.
    static let width = 64

    let tables: SymbolTables
    /// λ · bits, `width` for each pair.
    let costs: [Float]
    /// The points in steps, `width` for each pair.
    let values: [Float]
    /// Steps² that a bit is worth.
    let bitCost: Float
    /// λ · bits of the symbols, without what follows them.
    private let symbolCosts: [Float]

    /// The costs under `tables` where a bit is worth `bitCost` squared steps.
    init(_ tables: SymbolTables, bitCost: Float) {
        self.tables = tables
        self.bitCost = bitCost
        var symbolCosts: [Float] = []
        let width = SymbolTables.symbolCount + 1
        for first in stride(from: 0, to: tables.starts.count, by: width) {
            for symbol in 0..<SymbolTables.symbolCount {
                let frequency = Double(tables.starts[first + symbol + 1]) - Double(tables.starts[first + symbol])
                symbolCosts.append(bitCost * Float(Double(SymbolTables.totalBits) - binaryLogarithm(frequency)))
            }
        }
        self.symbolCosts = symbolCosts
        var costs: [Float] = []
        var values: [Float] = []
        for pair in 0..<2 * tables.classes.count {
            for magnitude in 0..<Self.width {
                costs.append(
                    Self.cost(magnitude, pair: pair, tables: tables, symbolCosts: symbolCosts, bitCost: bitCost)
                )
                values.append(Self.value(magnitude, pair: pair, tables: tables))
            }
        }
        (self.costs, self.values) = (costs, values)
    }

    /// λ · bits of any magnitude.
    func cost(_ magnitude: Int, pair: Int) -> Float {
        Self.cost(magnitude, pair: pair, tables: tables, symbolCosts: symbolCosts, bitCost: bitCost)
    }

    private static func cost(
        _ magnitude: Int,
        pair: Int,
        tables: SymbolTables,
        symbolCosts: [Float],
        bitCost: Float
    ) -> Float {
        let shift = SymbolTables.shift(ofClass: tables.classes.lowerBound + pair / 2)
        let symbol = min(magnitude >> shift, SymbolTables.escape)
        var bits = shift + (magnitude > 0 ? 1 : 0)
        if symbol == SymbolTables.escape {
            let written = (magnitude >> shift) - SymbolTables.escape + 1
            bits += 2 * (Int.bitWidth - written.leadingZeroBitCount) - 1
        }
        return symbolCosts[pair * SymbolTables.symbolCount + symbol] + bitCost * Float(bits)
    }

    private static func value(_ magnitude: Int, pair: Int, tables: SymbolTables) -> Float {
        let multiple = Float(Trellis.multiple(magnitude, quantiser: pair & 1))
        guard 1...SymbolTables.pointCount ~= magnitude else { return multiple }
        return multiple + Float(tables.points[4 * pair + magnitude]) / Float(SymbolTables.pointsPerStep)
    }
}
