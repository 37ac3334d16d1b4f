import JSONText
import Testing
import Tokenizers

/// The hand-written scanners against the same pattern carried out as a regular expression.
@Suite struct SplittingTests {
    private static let letters = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"#
    private static let rest = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    static let patterns: [String] = [
        #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#,
        letters + #"\p{N}{1,3}"# + rest,
        letters + #"\p{N}"# + rest,
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"#
            + #"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
        #"\p{N}"#, #"\p{N}+"#, #"\p{N}{1,3}"#, "[0-9][0-9][0-9]", " {2,}", #"\s+"#, #"\S+"#,
    ]

    /// A tokenizer whose ids are bytes, with a mark before every word that `pattern` makes.
    private func tokenizer(_ pattern: String) throws -> TokenizationPipeline {
        let alphabet = (0..<256).map { byte -> JSONValue.Member in
            JSONValue.Member(key: String(byteLevelAlphabet[byte]), value: .integer(byte))
        }
        let json: JSONValue = [
            "pre_tokenizer": [
                "type": "Sequence",
                "pretokenizers": [
                    ["type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated", "invert": false],
                    ["type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": false],
                    ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false],
                ],
            ],
            "model": ["type": "BPE", "vocab": .object(alphabet), "merges": []],
        ]
        return try TokenizationPipeline(tokenizerJSON: Array(json.text().utf8))
    }

    @Test(arguments: SplittingTests.patterns)
    func scannersEqualTheirPatterns(pattern: String) throws {
        let scanner = try tokenizer(pattern)
        // A group changes nothing but the spelling: it is no known pattern.
        let expression = try tokenizer("(?:\(pattern))")
        var generator = SeededGenerator(seed: 11)
        let alphabet: [Unicode.Scalar] = [
            "'", "s", "S", "t", "r", "e", "E", "v", "l", "L", "d", "m", "x", "é", "ß", "ſ", "中", "ק", "1", "2", "٣",
            "Ⅷ", "½", " ", " ", " ", "\n", "\r", "\t", "\u{b}", "\u{85}", "\u{a0}", "\u{2028}", "\u{200b}", ".", ",",
            "-", "€", "\u{301}", "\u{903}", "🙂", "\u{0}", "_",
        ]
        for _ in 0..<150 {
            let text = generator.text(of: Int.random(in: 0...40, using: &generator), from: alphabet)
            #expect(scanner.encode(text) == expression.encode(text), "\(text.debugDescription)")
        }
    }

    private var byteLevelAlphabet: [Unicode.Scalar] {
        var next: UInt32 = 0x100
        return (0..<256).compactMap { byte -> Unicode.Scalar? in
            if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE {
                return Unicode.Scalar(UInt8(byte))
            }
            next += 1
            return Unicode.Scalar(next - 1)
        }
    }
}
