/// Places of a unit table's units in senses, ordered by unit: those of one unit follow each other, in the order of senses.
struct SenseOrder: Sendable {
    /// Sense · slots of an embedding + slot, for each place.
    let places: [Int]
    /// The unit of each place.
    let units: [UInt32]

    /// Orders the `slots` of `senses` by counting.
    ///
    /// - Parameter units: for each sense of the embedding its unit in each of `order` slots.
    init(_ senses: [Int], units: [UInt32], slots: [Int], order: Int, unitCount: Int) {
        var starts = [Int](repeating: 0, count: unitCount + 1)
        for sense in senses {
            for slot in slots { starts[Int(units[sense * order + slot]) + 1] += 1 }
        }
        for unit in 0..<unitCount { starts[unit + 1] += starts[unit] }
        var places = [Int](repeating: 0, count: senses.count * slots.count)
        var ordered = [UInt32](repeating: 0, count: places.count)
        for sense in senses {
            for slot in slots {
                let unit = units[sense * order + slot]
                let target = starts[Int(unit)]
                starts[Int(unit)] += 1
                (places[target], ordered[target]) = (sense * order + slot, unit)
            }
        }
        (self.places, self.units) = (places, ordered)
    }

    /// Whether place `index` has the unit of the one before it.
    func continues(_ index: Int) -> Bool { index > 0 && index < units.count && units[index] == units[index - 1] }
}
