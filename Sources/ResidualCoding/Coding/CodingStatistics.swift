/// What a pass over rows counted: how often each symbol came, where magnitudes lay, and how large the error was.
struct CodingStatistics: Sendable {
    /// Symbols for each pair of class (from 0) and quantiser.
    var counts = [Int](repeating: 0, count: 2 * SymbolTables.classLimit * SymbolTables.symbolCount)
    /// Coefficients − multiple, in steps, summed over each magnitude below 4 of each pair.
    var sums = [Double](repeating: 0, count: 2 * SymbolTables.classLimit * 4)
    /// How often each of those magnitudes came.
    var sumCounts = [Int](repeating: 0, count: 2 * SymbolTables.classLimit * 4)
    /// Σ (row − rebuilt row)².
    var squaredError = 0.0
    /// Bits of the coefficients, as the tables say.
    var tableBits = 0.0
    /// How often each magnitude of a row came.
    var rowMagnitudes = [Int](repeating: 0, count: RowIndex.magnitudeCount)

    /// Adds what another part of the rows counted.
    mutating func add(_ other: CodingStatistics) {
        for i in counts.indices { counts[i] += other.counts[i] }
        for i in sums.indices {
            sums[i] += other.sums[i]
            sumCounts[i] += other.sumCounts[i]
        }
        for i in rowMagnitudes.indices { rowMagnitudes[i] += other.rowMagnitudes[i] }
        squaredError += other.squaredError
        tableBits += other.tableBits
    }

    /// Tables for what was counted; what hardly came follows the Laplacian that a class begins with.
    var tables: SymbolTables {
        let pairSize = 2 * SymbolTables.symbolCount
        let used = (1..<SymbolTables.classLimit).filter { c in
            counts[c * pairSize..<(c + 1) * pairSize].contains { $0 > 0 }
        }
        let classes = (used.first ?? SymbolTables.unitClass)...(used.last ?? SymbolTables.unitClass)
        var probabilities: [Double] = []
        var centroids: [Double] = []
        for c in classes {
            for quantiser in 0...1 {
                let prior = SymbolTables.laplacian(c, quantiser: quantiser)
                let first = (2 * c + quantiser) * SymbolTables.symbolCount
                for symbol in 0..<SymbolTables.symbolCount {
                    probabilities.append(Double(counts[first + symbol]) + 4 * prior[symbol])
                }
                for i in 0..<4 {
                    let at = (2 * c + quantiser) * 4 + i
                    centroids.append(sumCounts[at] > 15 ? sums[at] / Double(sumCounts[at]) : 0)
                }
            }
        }
        return SymbolTables(classes: classes, probabilities: probabilities, centroids: centroids)
    }
}

extension SymbolTables {
    /// Probabilities of the symbols of a Laplacian with the deviation of class `c`, with a wide dead zone.
    static func laplacian(_ c: Int, quantiser: Int) -> [Double] {
        let scale = binaryPower(Double(c - unitClass) / 4) * 0.7071067811865476
        let octave = Double(1 << shift(ofClass: c))
        func tail(_ x: Double) -> Double { binaryPower(-x / scale * 1.4426950408889634) }
        return (0..<symbolCount).map { symbol in
            let low = symbol == 0 ? 0 : 2 * octave * Double(symbol) - 0.8 - Double(quantiser)
            let high = 2 * octave * Double(symbol + 1) - 0.8 - Double(quantiser)
            return tail(low) - (symbol == escape ? 0 : tail(high)) + 1e-6
        }
    }

    /// Tables to begin with, for every class.
    static let initial = SymbolTables(
        classes: 1...classLimit - 1,
        probabilities: (1..<classLimit).flatMap { c in (0...1).flatMap { laplacian(c, quantiser: $0) } },
        centroids: [Double](repeating: 0, count: 8 * (classLimit - 1))
    )
}
