import JSONText
import Testing

@Suite struct JSONReaderTests {
    @Test func keepsOrderAndDuplicates() throws {
        let value = try JSONValue(parsing: Array(#"{"b":1,"a":[true,null,-2.5e1],"b":"x"}"#.utf8))
        #expect(value.members?.map(\.key) == ["b", "a", "b"])
        #expect(value["b"] == .string("x"))
        #expect(value["a"]?.elements == [.bool(true), .null, .number(-25)])
        #expect(value.text() == #"{"b":1,"a":[true,null,-25.0],"b":"x"}"#)
    }

    @Test func comparesKeysByBytes() throws {
        // é precomposed and decomposed, Å as three different scalars sequences: canonically equal, but different tokens.
        let value = try JSONValue(parsing: Array("{\"\u{e9}\":1,\"e\u{301}\":2,\"\u{212b}\":3,\"\u{c5}\":4}".utf8))
        #expect(value["\u{e9}"]?.int == 1)
        #expect(value["e\u{301}"]?.int == 2)
        #expect(value["\u{212b}"]?.int == 3)
        #expect(value["\u{c5}"]?.int == 4)
    }

    @Test(arguments: [
        (#""\u0041\n\ud83d\ude00\/""#, "A\n😀/"), (#""ü""#, "ü"), (#""""#, ""), (#""\u00e9""#, "é"),
    ])
    func resolvesEscapes(text: String, expected: String) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)) == .string(expected))
    }

    @Test(arguments: [
        ("9223372036854775807", JSONValue.integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .number(0x1p63)), ("0", .integer(0)), ("-0.5", .number(-0.5)), ("1e3", .number(1000)),
    ])
    func readsNumbers(text: String, expected: JSONValue) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)) == expected)
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "{\"a\":1,}", "{a:1}", "NaN", "tru", "01", "-", "1.", "1e", "\"", "\"\\", "\"\\u12",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"", "\"\\x\"", "\"\n\"", "1 2", "[1 2]", "{\"a\" 1}", "// c", "\u{feff}1", "\0", "+1", "nul",
        "1e400", "-1e400",
        "\"\\udc00\"",
    ])
    func refusesWhatIsNotJSON(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test func refusesInvalidUTF8() {
        #expect(throws: JSONError(offset: 1, cause: "the string is not UTF-8")) {
            try JSONValue(parsing: [0x22, 0xFF, 0x22])
        }
    }

    @Test func boundsNesting() throws {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        #expect(throws: JSONError(offset: 128, cause: "nesting deeper than 128", isDepthLimit: true)) {
            try JSONValue(parsing: deep)
        }
        let allowed = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(throws: Never.self) { try JSONValue(parsing: Array(allowed.utf8)) }
    }

    @Test func everyPrefixIsAnErrorNotATrap() throws {
        let text = Array(#"{"a":[1,2.5e-3,"x\u00e9\ud83d\ude00"],"b":{"c":null,"d":false}}"#.utf8)
        for end in 0..<text.count {
            #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text[..<end])) }
        }
    }

    @Test func writesWhatItReads() throws {
        let value: JSONValue = [
            "name": "tab\tquote\"\u{1}", "shape": [2, 3], "nested": ["x": 0.5, "y": true], "empty": [],
        ]
        #expect(try JSONValue(parsing: Array(value.text(.compact).utf8)) == value)
        #expect(try JSONValue(parsing: Array(value.text(.indented).utf8)) == value)
        #expect(value.text() == #"{"name":"tab\tquote\"\u0001","shape":[2,3],"nested":{"x":0.5,"y":true},"empty":[]}"#)
    }
}
