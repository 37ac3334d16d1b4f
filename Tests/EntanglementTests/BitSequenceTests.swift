import Entanglement
import LinearAlgebra
import Testing

@Suite struct BitSequenceTests {
    @Test(arguments: [0, 1, 3, 8, 9, 13, 31, 32])
    func fieldsComeBack(width: Int) {
        var random = SplitMix64(seed: UInt64(width))
        let values = (0..<100).map { _ in Int(random.next() & ((1 << UInt64(width)) - 1)) }
        var bits = BitSequence(bitCount: 100 * width)
        for (i, value) in values.enumerated() { bits.set(value, at: i * width, width: width) }
        bits.set(values[50], at: 50 * width, width: width)
        let back = BitSequence(bytes: bits.bytes, bitCount: bits.bitCount)
        #expect(back == bits)
        #expect((0..<100).map { back?.field(at: $0 * width, width: width) } == values)
    }

    @Test func refusesOtherLengthsAndStrayBits() {
        #expect(BitSequence(bytes: [1], bitCount: 9) == nil)
        #expect(BitSequence(bytes: [1, 0], bitCount: 8) == nil)
        #expect(BitSequence(bytes: [0b100], bitCount: 2) == nil)
        #expect(BitSequence(bytes: [], bitCount: -1) == nil)
        #expect(BitSequence(bytes: [0b11], bitCount: 2)?.field(at: 1, width: 1) == 1)
    }

    @Test func widths() {
        #expect([0, 1, 2, 3, 4, 5, 256, 257].map(BitSequence.width(holding:)) == [0, 0, 1, 2, 2, 3, 8, 9])
    }
}
