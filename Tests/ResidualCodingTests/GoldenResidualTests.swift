import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import ResidualCoding

/// Files against the integers that an independent decoder read from them: `Tests/Golden/Residual/decode_residual.py`.
@Suite struct GoldenResidualTests {
    private struct Golden: Decodable {
        let step: Double
        let mean: [Int32]
        let reflectors: [[Int32]]
        let gains: [Int]
        let levels: [[Int32]]
    }

    private func open(_ name: String) throws -> (coded: CodedResidual, golden: Golden, stored: StoredResidual) {
        let folder = TestFiles.root.appending(path: "Tests/Golden/Residual/\(name)")
        let parts = try StoredResidual.partNames.map { part in
            StoredResidual.Part(name: part, bytes: [UInt8](try Data(contentsOf: folder.appending(path: part))))
        }
        let golden = try JSONDecoder().decode(
            Golden.self,
            from: Data(contentsOf: folder.appending(path: "levels.json"))
        )
        let stored = StoredResidual(rowCount: 60, columnCount: 12, parts: parts)
        return (try CodedResidual(stored: stored), golden, stored)
    }

    @Test(arguments: ["plain", "weighted"])
    func decodesToExactIntegersOnEveryKernelPath(name: String) throws {
        try KernelPaths.forEach { path in
            let (coded, golden, stored) = try open(name)
            #expect(Double(coded.step) == golden.step, "\(path)")
            #expect(coded.model.mean == golden.mean)
            #expect(coded.model.reflections.entries == golden.reflectors)
            #expect((0..<60).map { coded.index.gain(ofRow: $0) } == golden.gains)
            #expect((0..<60).map { coded.levels(ofRow: $0) } == golden.levels)
            // Written again, it is the same file.
            #expect(coded.stored == stored)
        }
    }

    @Test func rebuildsTheMatrixThatItWasMadeOf() throws {
        let (coded, golden, _) = try open("weighted")
        let rows = coded.rows(0..<60)
        let basis = coded.model.reflections.basis(of: coded.model.codedAxes)
        for row in 0..<60 {
            for column in 0..<12 {
                var value = Double(golden.mean[column]) * golden.step / 16
                for axis in 0..<basis.rows {
                    let scale = golden.step / 32 * binaryPower(-Double(golden.gains[row]) / 2)
                    value += Double(golden.levels[row][axis]) * scale * Double(basis[axis, column])
                }
                #expect(abs(Double(rows[row, column]) - value) < 1e-5)
            }
        }
    }

    @Test(arguments: ["plain", "weighted"])
    func neverTrapsOnDamagedParts(name: String) throws {
        let (_, _, stored) = try open(name)
        var refused = 0
        func check(_ damaged: StoredResidual) {
            do {
                let coded = try CodedResidual(stored: damaged)
                _ = coded.rows(0..<coded.rowCount)
            } catch {
                refused += 1
            }
        }
        for (i, part) in stored.parts.enumerated() {
            for at in part.bytes.indices {
                for flip: UInt8 in [0x01, 0x80, 0xFF] {
                    var damaged = stored
                    var bytes = part.bytes
                    bytes[at] ^= flip
                    damaged.parts[i] = StoredResidual.Part(name: part.name, bytes: bytes)
                    check(damaged)
                }
                var short = stored
                short.parts[i] = StoredResidual.Part(name: part.name, bytes: Array(part.bytes[..<at]))
                check(short)
            }
            var missing = stored
            missing.parts.remove(at: i)
            #expect(throws: ResidualCodingError.self) { try CodedResidual(stored: missing) }
        }
        #expect(refused > 0)
        for size in [Int.min, -1, 0, 1, 59, 61, 1 << 20, 1 << 40, .max] {
            var other = stored
            other.rowCount = size
            #expect(throws: ResidualCodingError.self, "\(size) rows") { try CodedResidual(stored: other) }
            other.rowCount = 60
            other.columnCount = size
            check(other)
        }
        var newer = stored
        newer.version = 2
        #expect(throws: ResidualCodingError.self) { try CodedResidual(stored: newer) }
    }
}
