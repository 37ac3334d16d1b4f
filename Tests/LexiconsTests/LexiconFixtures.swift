import Foundation
import TestSupport

@testable import Lexicons

/// Small lexicons of the tests' own.
enum LexiconFixtures {
    /// Writes `text` to a fresh file and gives its path to `body`.
    static func withFile<Result>(
        _ text: some Collection<UInt8>,
        named name: String = "lexicon.tsv",
        _ body: (String) throws -> Result
    ) throws -> Result {
        try TestFiles.withTemporaryFolder { folder in
            let file = folder.appending(path: name)
            try Data(text).write(to: file)
            return try body(file.path)
        }
    }

    /// A lexicon from lines of word, part of speech, sememes.
    static func lexicon(_ lines: String) throws -> Lexicon {
        try withFile(lines.utf8) { try Lexicon.table($0, lemmatizer: .english).lexicon }
    }

    /// The files of a small WordNet: animal > carnivore > dog, act > run (noun), move > run (verb), big ≈ huge.
    static let wordNet: [String: String] = [
        "data.noun": """
          1 Own example.
        00000010 03 n 01 animal 0 000 | living
        00000020 05 n 01 carnivore 0 001 @ 00000010 n 0000 | eats meat
        00000030 05 n 02 dog 0 domestic_dog 0 001 @ 00000020 n 0000 | barks
        00000040 04 n 01 act 0 000 | something done
        00000050 04 n 01 run 0 001 @ 00000040 n 0000 | a fast walk
        00000060 07 n 01 size 0 000 | how large

        """,
        "data.verb": """
        00000010 38 v 01 move 0 000 01 + 01 00 | change place
        00000020 38 v 01 run 0 001 @ 00000010 v 0000 01 + 01 00 | go fast

        """,
        "data.adj": """
        00000010 00 a 01 big 0 001 = 00000060 n 0000 | large
        00000020 00 s 01 huge(p) 0 001 & 00000010 a 0000 | very large

        """,
        "data.adv": """
        00000010 02 r 01 hugely 0 001 \\ 00000020 a 0101 | very

        """,
        "index.noun": """
          1 Own example.
        act n 1 0 1 0 00000040
        animal n 1 0 1 0 00000010
        carnivore n 1 1 @ 1 0 00000020
        dog n 1 1 @ 1 1 00000030
        domestic_dog n 1 1 @ 1 0 00000030
        run n 1 1 @ 1 1 00000050
        size n 1 0 1 0 00000060

        """,
        "index.verb": "move v 1 0 1 0 00000010\nrun v 1 1 @ 1 1 00000020\n",
        "index.adj": "big a 1 1 = 1 0 00000010\nhuge a 1 1 & 1 0 00000020\n",
        "index.adv": "hugely r 1 1 \\ 1 0 00000010\n",
        "noun.exc": "geese goose\n", "verb.exc": "ran run\n", "adj.exc": "bigger big\n", "adv.exc": "",
        "cntlist.rev": "dog%1:05:00:: 1 42\nrun%1:04:00:: 1 3\nrun%2:38:00:: 1 106\n",
    ]

    /// Writes a WordNet folder, with some files replaced, and gives its path to `body`.
    static func withWordNet<Result>(
        replacing files: [String: String] = [:],
        _ body: (String) throws -> Result
    ) throws -> Result {
        try TestFiles.withTemporaryFolder { folder in
            for (name, text) in wordNet.merging(files, uniquingKeysWith: { $1 }) {
                try Data(text.utf8).write(to: folder.appending(path: name))
            }
            return try body(folder.path)
        }
    }
}

extension Lexicon {
    /// The names of the sememes of each match of `word`.
    func names(_ word: String) -> [[String]] {
        matches(for: Array(word.utf8)).map { $0.sense.sememes.map { sememes[$0] } }
    }
}
