/// Byte strings numbered from 0 and found by their bytes: all of them in one buffer, behind an open-addressed table.
struct PieceTable: Sendable {
    private var bytes: [UInt8] = []
    /// Piece `n` is `bytes[starts[n]..<starts[n + 1]]`.
    private var starts: [Int] = [0]
    /// A piece's number plus one; 0 is a free slot.
    private var slots: [UInt32] = Array(repeating: 0, count: 16)
    private var used = 0
    private let seed = ByteHash.seed

    /// The number of pieces, findable or not.
    var count: Int { starts.count - 1 }

    /// Adds a piece under the next number. Where `isFindable`, it is found from now on instead of an equal earlier one.
    /// - Returns: the number of the findable earlier piece with the same bytes.
    @discardableResult
    mutating func append(_ piece: some Collection<UInt8>, isFindable: Bool = true) -> Int? {
        let number = UInt32(truncatingIfNeeded: count)
        let range = bytes.count..<bytes.count + piece.count
        bytes.append(contentsOf: piece)
        starts.append(bytes.count)
        guard isFindable else { return nil }
        if (used + 1) * 2 > slots.count { grow() }
        let slot = slot(of: bytes.span, range)
        let earlier = slots[slot]
        slots[slot] = number + 1
        if earlier == 0 { used += 1 }
        return earlier == 0 ? nil : Int(earlier) - 1
    }

    /// The bytes of piece `number`.
    subscript(number: Int) -> ArraySlice<UInt8> { bytes[starts[number]..<starts[number + 1]] }

    /// The number of the piece `text[range]`.
    @inline(__always)
    func find(_ text: Span<UInt8>, _ range: Range<Int>) -> Int? {
        let number = slots[slot(of: text, range)]
        return number == 0 ? nil : Int(number) - 1
    }

    /// The number of the piece `text`.
    func find(_ text: [UInt8]) -> Int? { find(text.span, text.indices) }

    /// The slot that holds the piece or, free, would take it.
    @inline(__always)
    private func slot(of text: Span<UInt8>, _ range: Range<Int>) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: ByteHash.hash(text, range, seed: seed)) & mask
        while slots[slot] != 0 {
            let number = Int(slots[slot]) - 1
            let start = starts[number]
            if starts[number + 1] - start == range.count, ByteHash.equal(text, range, bytes.span, at: start) { break }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private mutating func grow() {
        let numbers = slots.filter { $0 != 0 }
        slots = Array(repeating: 0, count: slots.count * 2)
        for number in numbers {
            let range = starts[Int(number) - 1]..<starts[Int(number)]
            slots[slot(of: bytes.span, range)] = number
        }
    }
}
