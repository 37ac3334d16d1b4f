import Entanglement
import LinearAlgebra
import Testing

@Suite struct FactorTypeTests {
    @Test(arguments: FactorType.allCases, [0, 1, 31, 32, 33, 200])
    func roundsOnceAndForAll(type: FactorType, count: Int) {
        var random = SplitMix64(seed: UInt64(count))
        for scale: Float in [1e-30, 1e-7, 1e-3, 1, 1e4, 1e9] {
            let values = (0..<count).map { _ in random.normal() * scale }
            let rounded = type.rounded(values)
            #expect(type.rounded(rounded) == rounded)
            #expect(type.encode(values).count == type.byteCount(of: count))
            #expect(rounded.allSatisfy { $0.isFinite })
        }
    }

    @Test(arguments: [(FactorType.float16, 5e-4), (.bfloat16, 4e-3), (.q8_0, 0.5625 / 127), (.q4_0, 1.0 / 8)])
    func staysNear(type: FactorType, bound: Double) {
        var random = SplitMix64(seed: 4)
        let values = (0..<320).map { _ in random.normal() }
        for (block, original) in zip(type.rounded(values).chunks(of: 32), values.chunks(of: 32)) {
            let greatest = Double(original.map(abs).max() ?? 0)
            for (a, b) in zip(block, original) { #expect(abs(Double(a - b)) <= bound * greatest * 1.001) }
        }
    }

    @Test func halvesOfKnownPattern() {
        let values: [Float] = [0, 1, -2, 65504, 6.1035156e-05, 5.9604645e-08, 0.33325195, 1e6, 1.0009766, 1.0004883]
        let patterns: [UInt16] = [0, 0x3C00, 0xC000, 0x7BFF, 0x0400, 0x0001, 0x3555, 0x7BFF, 0x3C01, 0x3C00]
        #expect(FactorType.float16.encode(values) == patterns.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
    }

    @Test func decodesOnlyWholeLengths() {
        #expect(FactorType.q8_0.decode(Array(repeating: 0, count: 34), count: 32) != nil)
        #expect(FactorType.q8_0.decode(Array(repeating: 0, count: 34), count: 33) == nil)
        #expect(FactorType.float32.decode([], count: .max) == nil)
        #expect(FactorType.q4_0.decode([], count: -1) == nil)
    }
}

extension Array {
    fileprivate func chunks(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
