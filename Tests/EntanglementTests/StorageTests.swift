import Entanglement
import Testing

@Suite struct StorageTests {
    @Test(arguments: FactorType.allCases, [true, false])
    func comesBackBitForBit(factorType: FactorType, variesRank: Bool) throws {
        let embedding = try TestEmbedding.random(variesRank: variesRank, factorType: factorType)
        let back = try EntangledEmbedding(stored: embedding.stored)
        #expect(back == embedding)
        #expect(back.dense == embedding.dense)
    }

    @Test func storedFormIsPlain() throws {
        let stored = try TestEmbedding.random(variesRank: true).stored
        #expect(stored.arrays.map(\.name) == ["units.1", "units.2", "codes", "ranks", "gains", "gains.levels", "mean"])
        #expect(stored.arrays[0].shape == [2, 5, 4])
        #expect(stored.arrays[0].element == .factors(.float16))
    }

    @Test func refusesEveryMissingPart() throws {
        let stored = try TestEmbedding.random(variesRank: true).stored
        for name in stored.arrays.map(\.name) where name != "gains" && name != "mean" {
            var damaged = stored
            damaged.arrays.removeAll { $0.name == name }
            #expect(throws: EntanglementError.self, "\(name)") { try EntangledEmbedding(stored: damaged) }
        }
        for name in stored.attributes.map(\.name) {
            var damaged = stored
            damaged.attributes.removeAll { $0.name == name }
            #expect(throws: EntanglementError.self, "\(name)") { try EntangledEmbedding(stored: damaged) }
        }
    }

    @Test func refusesArraysOfOtherLengths() throws {
        let stored = try TestEmbedding.random(variesRank: true).stored
        for (i, array) in stored.arrays.enumerated() {
            for bytes in [[], Array(array.bytes.dropLast()), array.bytes + [0]] {
                var damaged = stored
                damaged.arrays[i] = .init(name: array.name, element: array.element, shape: array.shape, bytes: bytes)
                #expect(throws: EntanglementError.self, "\(array.name)") { try EntangledEmbedding(stored: damaged) }
            }
        }
    }

    @Test(arguments: [Int.min, -1, 0, 1, 2, 3, 100, 1 << 28, 1 << 40, .max])
    func neverTrapsOnHostileAttributes(value: Int) throws {
        let stored = try TestEmbedding.random(variesRank: true).stored
        for (i, attribute) in stored.attributes.enumerated() {
            var damaged = stored
            switch attribute.value {
            case .integer(let original):
                guard original != value else { continue }
                damaged.attributes[i].value = .integer(value)
            case .integers(let original): damaged.attributes[i].value = .integers(original.map { _ in value })
            case .text: damaged.attributes[i].value = .text("\(value)")
            }
            #expect(throws: EntanglementError.self, "\(attribute.name)") { try EntangledEmbedding(stored: damaged) }
        }
    }

    @Test func refusesUnitsOutOfRangeAndNumbersThatAreNone() throws {
        let stored = try TestEmbedding.random(variesRank: false).stored
        for (i, array) in stored.arrays.enumerated()
        where ["codes", "units.1", "gains.levels", "mean"].contains(array.name) {
            var damaged = stored
            let bytes = Array(repeating: UInt8(0xFF), count: array.bytes.count)
            damaged.arrays[i] = .init(name: array.name, element: array.element, shape: array.shape, bytes: bytes)
            #expect(throws: EntanglementError.self, "\(array.name)") { try EntangledEmbedding(stored: damaged) }
        }
    }

    @Test func refusesLaterVersions() throws {
        var stored = try TestEmbedding.random(variesRank: false).stored
        stored.attributes[0].value = .integer(2)
        #expect(throws: EntanglementError(.value, "version", "layout version 2", remedy: "use a newer seeconv")) {
            try EntangledEmbedding(stored: stored)
        }
    }
}
