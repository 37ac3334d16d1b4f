import LinearAlgebra
import Testing

@testable import ResidualCoding

@Suite struct RangeCoderTests {
    @Test func symbolsComeBackFromAnyBitPosition() {
        var random = SplitMix64(seed: 3)
        for length in [0, 1, 2, 7, 50, 1000] {
            let frequencies: [UInt32] = [30000, 2000, 700, 60, 7, 1]
            let starts = frequencies.reduce(into: [UInt32(0)]) { $0.append(($0.last ?? 0) + $1) }
            let symbols = (0..<length).map { _ in random.below(4) == 0 ? random.below(6) : 0 }
            var encoder = RangeEncoder()
            for symbol in symbols {
                encoder.encode(start: starts[symbol], size: frequencies[symbol], totalBits: 15)
                encoder.encode(golomb: UInt32(symbol * 1000))
                encoder.encode(bits: UInt32(symbol), count: 3)
            }
            let (bytes, bitCount) = encoder.finish()
            var string = BitString()
            string.append([0b1010_0000], bitCount: 3)
            string.append(bytes, bitCount: bitCount)
            // What follows must not be read.
            string.append([0xFF, 0xFF, 0xFF, 0xFF, 0xFF], bitCount: 40)
            string.bytes.withUnsafeBufferPointer { buffer in
                var decoder = RangeDecoder(buffer, bits: 3..<3 + bitCount)
                let table = starts.map(UInt16.init)
                for symbol in symbols {
                    #expect(decoder.symbol(starts: table, count: 6, totalBits: 15) == symbol)
                    #expect(decoder.golomb() == UInt32(symbol * 1000))
                    #expect(decoder.bits(3) == UInt32(symbol))
                }
            }
        }
    }

    @Test func aCodeTakesHardlyMoreThanItsInformation() {
        var random = SplitMix64(seed: 4)
        for _ in 0..<200 {
            var encoder = RangeEncoder()
            var information = 0.0
            for _ in 0..<random.below(40) {
                let isRare = random.below(8) == 0
                encoder.encode(start: isRare ? 28672 : 0, size: isRare ? 4096 : 28672, totalBits: 15)
                information += isRare ? 3 : 0.19264507794239589
            }
            #expect(Double(encoder.finish().bitCount) < information + 2)
        }
    }

    @Test func carriesRunThroughManyBytes() {
        // The top symbol of a large alphabet again and again leaves 0xFF bytes for a later carry to run through.
        for last in 0..<4 {
            var encoder = RangeEncoder()
            for _ in 0..<60 { encoder.encode(start: 65535, size: 1, totalBits: 16) }
            encoder.encode(start: UInt32(last), size: 1, totalBits: 2)
            let (bytes, bitCount) = encoder.finish()
            bytes.withUnsafeBufferPointer { buffer in
                var decoder = RangeDecoder(buffer, bits: 0..<bitCount)
                for _ in 0..<60 {
                    #expect(decoder.target(total: 65536) == 65535)
                    decoder.narrow(start: 65535, size: 1, total: 65536)
                }
                #expect(decoder.target(total: 4) == UInt32(last))
            }
        }
    }

    @Test(arguments: [0, 1, 5])
    func adaptiveIntegersComeBack(shift: Int) {
        let values = [0, 1, -1, 15, -16, 17, 500, -70000, 0, 0, 3, (1 << 19) - 1]
        var encoder = RangeEncoder()
        var model = AdaptiveIntegerModel(shift: shift)
        for _ in 0..<300 { for value in values { model.encode(value, into: &encoder) } }
        let (bytes, bitCount) = encoder.finish()
        bytes.withUnsafeBufferPointer { buffer in
            var decoder = RangeDecoder(buffer, bits: 0..<bitCount)
            var model = AdaptiveIntegerModel(shift: shift)
            for _ in 0..<300 { for value in values { #expect(model.decode(from: &decoder) == value) } }
            #expect(!decoder.isExhausted)
        }
    }
}
