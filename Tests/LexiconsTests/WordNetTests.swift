import Foundation
import TestSupport
import Testing

@testable import Lexicons

struct WordNetTests {
    @Test func sensesHaveSememesOfTheirAncestors() throws {
        let lexicon = try LexiconFixtures.withWordNet { try Lexicon.wordNet($0).lexicon }
        #expect(Array(lexicon.sememes.prefix(45)) == WordNetDictionary.topics)
        let dog = try #require(lexicon.names("dog").first)
        // What says most comes first, the lexicographer file last.
        #expect(dog.last == "noun.animal")
        #expect(dog.dropLast().allSatisfy { ["dog.n.1", "carnivore.n.1", "animal.n.1"].contains($0) })
        #expect(lexicon.senses(of: "dog".utf8).first?.count == 42)
        // Verbs are run more often than nouns; plural and past are found.
        #expect(lexicon.matches(for: Array("run".utf8)).map(\.sense.partOfSpeech) == [.verb, .noun])
        #expect(lexicon.matches(for: Array("ran".utf8)).map(\.sense.count) == [106])
        #expect(lexicon.matches(for: Array("dogs".utf8)).map(\.lemma) == [Array("dog".utf8)])
        #expect(lexicon.contains(Array("domestic dog".utf8)))
        #expect(lexicon.contains(Array("huge".utf8)))
    }

    @Test func inventoriesAreCutFromTheEnd() throws {
        try LexiconFixtures.withWordNet { folder in
            let full = try Lexicon.wordNet(folder).lexicon
            let small = try Lexicon.wordNet(folder, sememeCount: 47).lexicon
            #expect(small.sememes.count == 47)
            #expect(Array(full.sememes.prefix(47)) == small.sememes)
            let topics = try Lexicon.wordNet(folder, sememeCount: 45).lexicon
            #expect(topics.names("dog") == [["noun.animal"]])
        }
    }

    @Test func logarithmsAreWholeNumbers() {
        for value in [1, 2, 3, 5, 1000, 65_535, 65_536, 1 << 40, 123_456_789_012] {
            let bits = SememeInventory.bits(value)
            let exact = log2(Double(value)) * 1024
            #expect(Double(bits) <= exact + 1e-6 && Double(bits) > exact - 1.001, "\(value): \(bits), \(exact)")
        }
    }

    /// The greedy choice against one that computes all gains anew each time.
    @Test func lazyChoiceIsGreedyChoice() throws {
        try LexiconFixtures.withWordNet { folder in
            let dictionary = try WordNetDictionary(folder, badLines: .refused)
            let hierarchy = try SynsetHierarchy(dictionary.synsets)
            let chosen = SememeInventory(dictionary, hierarchy, count: 6)
            let own = dictionary.synsets.indices.map { synset in
                dictionary.words.flatMap(\.senses).filter { $0.synset == synset }.reduce(0) { $0 + 1 + $1.count }
            }
            func below(_ synset: Int) -> [Int] {
                dictionary.synsets.indices.filter { $0 == synset || hierarchy.ancestors[$0].contains(Int32(synset)) }
            }
            let total = SememeInventory.bits(own.reduce(0, +))
            var said = dictionary.synsets.map { synset in
                let mass = dictionary.synsets.indices.filter { dictionary.synsets[$0].topic == synset.topic }
                return total - SememeInventory.bits(mass.reduce(0) { $0 + own[$1] })
            }
            var plain: [Int] = []
            for _ in 0..<6 {
                let gains = dictionary.synsets.indices.map { synset in
                    below(synset).reduce(0) { $0 + own[$1] * max(0, chosen.information[synset] - said[$1]) }
                }
                guard let most = gains.max(), most > 0, let best = gains.firstIndex(of: most) else { break }
                plain.append(best)
                for member in below(best) { said[member] = max(said[member], chosen.information[best]) }
            }
            #expect(chosen.synsets == plain)
            #expect(!plain.isEmpty)
        }
    }

    @Test func circlesAreNamed() throws {
        let circle = """
            00000010 03 n 01 animal 0 001 @ 00000030 n 0000 | living
            00000020 05 n 01 carnivore 0 001 @ 00000010 n 0000 | eats meat
            00000030 05 n 01 dog 0 001 @ 00000020 n 0000 | barks
            00000040 04 n 01 act 0 000 | something done
            00000050 04 n 01 run 0 001 @ 00000040 n 0000 | a fast walk
            00000060 07 n 01 size 0 000 | how large

            """
        try LexiconFixtures.withWordNet(replacing: ["data.noun": circle]) { folder in
            let error = #expect(throws: LexiconError.self) { try Lexicon.wordNet(folder) }
            #expect(error?.file == folder + "/data.noun")
            #expect(error?.cause.contains("circle") == true)
            #expect(["line 1", "line 2", "line 3"].contains(error?.place))
        }
    }

    @Test(arguments: [
        ("data.noun", "00000010 99 n 01 animal 0 000 | x\n", 1), ("data.noun", "00000010 03 n 01 animal\n", 1),
        ("data.noun", "00000010 03 v 01 animal 0 000 | x\n", 1), ("data.verb", "junk\n", 1),
        ("data.noun", "00000010 03 n zz animal 0 000 | x\n", 1),
        ("index.verb", "move v 1 0 1 0 00000010\nrun v 1 1 @ 1 1 00000099\n", 2),
        ("cntlist.rev", "dog 1 42\n", 1), ("verb.exc", "ran\n", 1),
        ("data.verb", "00000010 38 v 01 move 0 001 @ 00000077 v 0000 | x\n00000020 38 v 01 run 0 000 | x\n", 1),
    ])
    func badLinesNameFileAndLine(_ file: String, _ text: String, _ line: Int) throws {
        try LexiconFixtures.withWordNet(replacing: [file: text]) { folder in
            let error = #expect(throws: LexiconError.self) { try Lexicon.wordNet(folder) }
            #expect(error?.file == "\(folder)/\(file)")
            #expect(error?.place == "line \(line)")
            #expect("\(error.map { "\($0)" } ?? "")".contains("\n") == false)
        }
        try LexiconFixtures.withWordNet(replacing: ["verb.exc": "ran\nwent go\n"]) { folder in
            let skipped = try Lexicon.wordNet(folder, badLines: .skipped).skipped
            #expect(skipped == 1)
        }
    }

    @Test func missingFilesAreNamed() throws {
        try TestFiles.withTemporaryFolder { folder in
            let error = #expect(throws: LexiconError.self) { try Lexicon.wordNet(folder.path) }
            #expect(error?.file.hasSuffix("data.noun") == true)
        }
    }

    @Test func theInstalledWordNetIsRead() throws {
        guard let folder = Lexicon.installedWordNet else {
            print("skipped: WordNet is not installed (Debian: wordnet-base; elsewhere set SEECONV_WORDNET)")
            return
        }
        let lexicon = try Lexicon.wordNet(folder).lexicon
        #expect(lexicon.sememes.count == 2000)
        #expect(lexicon.wordCount > 140_000)
        #expect(lexicon.names("dogs").first?.contains("carnivore.n.1") == true)
        #expect(lexicon.matches(for: Array("geese".utf8)).first?.lemma == Array("goose".utf8))
        #expect(lexicon.names("##ing").isEmpty)
        let bytes = LexiconFile.bytes(of: lexicon)
        #expect(bytes.count < 3_000_000)
        #expect(try LexiconFile.lexicon(bytes) == lexicon)
    }
}
