import TensorFile

// The catalogue of hostile files, by the numbers under which Formats/Safetensors/README.md lists them.
extension HostileFile {
    static let all = lengths + sizes + layout + entries + text + metadataAndNames + foreign

    private static let lengths =
        (0...7).map {
            HostileFile("S01 \($0) bytes", [UInt8](repeating: 0, count: $0), .truncated, "header length takes 8 bytes")
        }
        + [1 << 63, UInt64.max, 100_000_001].map {
            HostileFile("S02 N = \($0)", FileBytes.length($0) + [0x7B, 0x7D], .limit, "header too large: \($0)")
        }
        + [
            HostileFile(
                "S03",
                FileBytes.length(100) + [0x7B, 0x7D],
                .truncated,
                "header ends past the end of the file"
            ),
            HostileFile("S03 by one", FileBytes.length(3) + [0x7B, 0x7D], .truncated, "past the end of the file"),
            HostileFile("N = 0", FileBytes.length(0), .malformed, "the text ends"),
        ]

    private static let sizes = [
        HostileFile("S04", FileBytes.oneTensor(shape: "[9223372036854775808,2]"), .overflow, "size overflow"),
        HostileFile("S04 2^62", FileBytes.oneTensor(shape: "[4611686018427387904,2]"), .overflow, "more than 2^63"),
        HostileFile("S05 zero first", FileBytes.oneTensor(shape: "[0,9223372036854775808,4]"), .overflow, "overflow"),
        HostileFile("S05 zero last", FileBytes.oneTensor(shape: "[9223372036854775808,4,0]"), .overflow, "overflow"),
        HostileFile("S05 2^62", FileBytes.oneTensor(shape: "[0,4611686018427387904,4]"), .overflow, "more than 2^63"),
        HostileFile(
            "S06",
            FileBytes.oneTensor(type: "\"F64\"", shape: "[2305843009213693952]"),
            .overflow,
            "more than 2^63 bytes"
        ),
        HostileFile("S07", FileBytes.oneTensor(range: "[0,18446744073709551615]"), .overflow, "data_offsets"),
        HostileFile(
            "S15",
            FileBytes.oneTensor(type: "\"F32\"", shape: "[4]", range: "[0,4]"),
            .mismatch,
            "takes 16 bytes, data_offsets [0, 4] hold 4"
        ),
        HostileFile(
            "S15 F4",
            FileBytes.oneTensor(type: "\"F4\"", shape: "[1,4]", range: "[0,4]"),
            .mismatch,
            "F4 [1, 4] takes 2 bytes, data_offsets [0, 4] hold 4"
        ),
        HostileFile("S21 F4", FileBytes.oneTensor(type: "\"F4\"", shape: "[3]"), .malformed, "end inside a byte"),
        HostileFile("S21 F6", FileBytes.oneTensor(type: "\"F6_E2M3\"", shape: "[6]"), .malformed, "inside a byte"),
        HostileFile("S22 −1", FileBytes.oneTensor(shape: "[-1]"), .malformed, "not a non-negative integer: -1"),
        HostileFile("S22 −0", FileBytes.oneTensor(shape: "[-0]"), .malformed, "not a non-negative integer: -0"),
        HostileFile("S22 2.0", FileBytes.oneTensor(shape: "[2.0]"), .malformed, "not a non-negative integer: 2.0"),
        HostileFile("S22 2e0", FileBytes.oneTensor(shape: "[2e0]"), .malformed, "not a non-negative integer: 2e0"),
        HostileFile("S22 text", FileBytes.oneTensor(shape: "[\"2\"]"), .malformed, "not a non-negative integer"),
        HostileFile("S22 02", FileBytes.oneTensor(shape: "[02]"), .malformed, "not a non-negative integer: 02"),
        HostileFile(
            "S22 2^64",
            FileBytes.oneTensor(shape: "[18446744073709551616]"),
            .overflow,
            "18446744073709551616"
        ),
        HostileFile(
            "rank 1001",
            FileBytes.oneTensor(shape: "[4" + String(repeating: ",1", count: 1_000) + "]"),
            .limit,
            "more than 1000 numbers"
        ),
    ]

    private static let layout = [
        HostileFile("S11 short", FileBytes.oneTensor(zeros: 3), .truncated, "not fully there"),
        HostileFile("S11 long", FileBytes.oneTensor(zeros: 5), .gap, "not fully covered: 1 bytes"),
        HostileFile("S11 data without tensors", FileBytes.make("{}", zeros: 8), .gap, "not fully covered"),
        HostileFile("S12 start", FileBytes.oneTensor(range: "[1,5]", zeros: 5), .gap, "gap: 1 bytes"),
        HostileFile(
            "S12 between",
            FileBytes.make(
                "{\(FileBytes.entry("a", "U8", "[4]", 0, 4)),\(FileBytes.entry("b", "U8", "[4]", 6, 10))}",
                zeros: 10
            ),
            .gap,
            "tensor \"b\": gap: 2 bytes"
        ),
        HostileFile(
            "S13 full",
            FileBytes.make(
                "{\(FileBytes.entry("a", "U8", "[4]", 0, 4)),\(FileBytes.entry("b", "U8", "[4]", 0, 4))}",
                zeros: 4
            ),
            .overlap,
            "tensor \"b\": overlap: it begins at byte 0 of the data, inside \"a\""
        ),
        HostileFile(
            "S13 partial",
            FileBytes.make(
                "{\(FileBytes.entry("b", "U8", "[4]", 2, 6)),\(FileBytes.entry("a", "U8", "[4]", 0, 4))}",
                zeros: 6
            ),
            .overlap,
            "tensor \"b\": overlap: it begins at byte 2 of the data, inside \"a\""
        ),
        HostileFile(
            "S13 empty inside",
            FileBytes.make(
                "{\(FileBytes.entry("a", "U8", "[4]", 0, 4)),\(FileBytes.entry("b", "U8", "[0]", 2, 2))}",
                zeros: 4
            ),
            .overlap,
            "inside \"a\""
        ),
        HostileFile("S14", FileBytes.oneTensor(range: "[4,0]"), .malformed, "reversed range"),
        HostileFile(
            "S25 ZIP",
            FileBytes.oneTensor(zeros: 4) + [0x50, 0x4B, 0x03, 0x04, 0x14, 0, 0, 0],
            .gap,
            "which begin like a ZIP archive"
        ),
        HostileFile("S25 PDF", FileBytes.oneTensor() + Array("%PDF-1.7\n".utf8), .gap, "begin like a PDF document"),
    ]

    private static let entries = [
        HostileFile(
            "S16",
            FileBytes.make(
                "{\(FileBytes.entry("t", "U8", "[4]", 0, 4)),\(FileBytes.entry("t", "U8", "[2,2]", 0, 4))}",
                zeros: 4
            ),
            .duplicate,
            "tensor \"t\": duplicate name"
        ),
        HostileFile(
            "S17",
            FileBytes.make(
                "{\(FileBytes.entry("t", "U8", "[4]", 0, 4)),\(FileBytes.entry("\\u0074", "U8", "[4]", 0, 4))}",
                zeros: 4
            ),
            .duplicate,
            "duplicate name"
        ),
        HostileFile("S18 shape", FileBytes.oneTensor(extra: ",\"shape\":[4]"), .duplicate, "stands twice"),
        HostileFile("S18 dtype", FileBytes.oneTensor(extra: ",\"dtype\":\"U8\""), .duplicate, "stands twice"),
        HostileFile("S18 offsets", FileBytes.oneTensor(extra: ",\"data_offsets\":[0,4]"), .duplicate, "twice"),
        HostileFile(
            "S18 __metadata__",
            FileBytes.make("{\"__metadata__\":{},\"__metadata__\":{}}"),
            .duplicate,
            "the metadata map stands twice"
        ),
        HostileFile(
            "S18 __metadata__ after null",
            FileBytes.make("{\"__metadata__\":null,\"__\\u006detadata__\":{}}"),
            .duplicate,
            "the metadata map stands twice"
        ),
        HostileFile("S20 unknown", FileBytes.oneTensor(type: "\"Q4_0\""), .unsupported, "known are U64 I64"),
        HostileFile("S20 C128", FileBytes.oneTensor(type: "\"C128\""), .unsupported, "unsupported dtype \"C128\""),
        HostileFile("S20 lower case", FileBytes.oneTensor(type: "\"u8\""), .unsupported, "write it in capitals"),
        HostileFile("S20 number", FileBytes.oneTensor(type: "8"), .malformed, "a type's name expected"),
        HostileFile("S23 one", FileBytes.oneTensor(range: "[4]"), .malformed, "two numbers expected"),
        HostileFile("S23 three", FileBytes.oneTensor(range: "[0,4,4]"), .limit, "more than 2 numbers"),
        HostileFile("S23 none", FileBytes.oneTensor(range: "[]"), .malformed, "two numbers expected"),
        HostileFile("S23 no array", FileBytes.oneTensor(range: "4"), .malformed, "an array of sizes expected"),
        HostileFile("S24 array", FileBytes.make("{\"t\":[\"U8\",[4],[0,4]]}", zeros: 4), .malformed, "be an object"),
        HostileFile("S24 null", FileBytes.make("{\"t\":null}"), .malformed, "must be an object, not null"),
        HostileFile("S24 number", FileBytes.make("{\"t\":1}"), .malformed, "must be an object, not a number"),
        HostileFile(
            "no dtype",
            FileBytes.make("{\"t\":{\"shape\":[],\"data_offsets\":[0,0]}}"),
            .malformed,
            "dtype is"
        ),
        HostileFile(
            "no shape",
            FileBytes.make("{\"t\":{\"dtype\":\"U8\",\"data_offsets\":[0,0]}}"),
            .malformed,
            "shape"
        ),
        HostileFile(
            "no offsets",
            FileBytes.make("{\"t\":{\"dtype\":\"U8\",\"shape\":[]}}"),
            .malformed,
            "data_offsets is"
        ),
    ]

    private static let text = [
        HostileFile(
            "S09 extra field",
            FileBytes.oneTensor(extra: ",\"x\":" + String(repeating: "[", count: 100_000)),
            .limit,
            "nesting deeper than 128"
        ),
        HostileFile(
            "S09 closed",
            FileBytes.oneTensor(
                extra: ",\"x\":" + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
            ),
            .limit,
            "nesting deeper than 128"
        ),
        HostileFile("S26 not UTF-8", FileBytes.make([0x7B, 0x22, 0xFF, 0x22]), .malformed, "not UTF-8"),
        HostileFile("S26 BOM", FileBytes.make([0xEF, 0xBB, 0xBF, 0x7B, 0x7D]), .malformed, "byte 8"),
        HostileFile("S26 NUL padding", FileBytes.make([0x7B, 0x7D, 0, 0]), .malformed, "byte 10: malformed JSON"),
        HostileFile("S26 second value", FileBytes.make("{}{}"), .malformed, "text after the end"),
        HostileFile("S26 comment", FileBytes.make("{/**/}"), .malformed, "byte 9"),
        HostileFile("S26 trailing comma", FileBytes.make("{\"__metadata__\":{},}"), .malformed, "malformed JSON"),
        HostileFile("S26 NaN", FileBytes.oneTensor(extra: ",\"x\":NaN"), .malformed, "malformed JSON"),
        HostileFile("S26 lone surrogate", FileBytes.make("{\"\\ud800\":{}}"), .malformed, "lone surrogate"),
        HostileFile("S26 array", FileBytes.make("[]"), .malformed, "an object expected, not an array"),
        HostileFile("S26 null", FileBytes.make("null"), .malformed, "an object expected, not null"),
        HostileFile("S26 blanks only", FileBytes.make("        "), .malformed, "the text ends"),
        HostileFile("S26 cut", FileBytes.make("{\"t\":{\"dtype\":\"U8\""), .malformed, "malformed JSON"),
    ]

    private static let metadataAndNames = [
        HostileFile(
            "S19",
            FileBytes.make("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}"),
            .duplicate,
            "\"a\" stands twice"
        ),
        HostileFile(
            "S27 number",
            FileBytes.make("{\"__metadata__\":{\"a\":1}}"),
            .malformed,
            "metadata must be strings"
        ),
        HostileFile("S27 object", FileBytes.make("{\"__metadata__\":{\"a\":{}}}"), .malformed, "must be strings"),
        HostileFile("S27 null", FileBytes.make("{\"__metadata__\":{\"a\":null}}"), .malformed, "must be strings"),
        HostileFile("S27 no map", FileBytes.make("{\"__metadata__\":\"a\"}"), .malformed, "a map of strings expected"),
        HostileFile(
            "S28 NUL",
            FileBytes.make("{\(FileBytes.entry("a\\u0000b", "U8", "[0]", 0, 0))}"),
            .malformed,
            "control characters"
        ),
        HostileFile(
            "S28 escape sequence",
            FileBytes.make("{\(FileBytes.entry("\\u001b[2J", "U8", "[0]", 0, 0))}"),
            .malformed,
            "tensor \"\\u{1b}[2J\": the name has control characters"
        ),
        HostileFile(
            "S28 long",
            FileBytes.make("{\(FileBytes.entry(String(repeating: "n", count: 4_097), "U8", "[0]", 0, 0))}"),
            .limit,
            "the name has 4097 bytes"
        ),
    ]

    private static let foreign = [
        HostileFile(
            "S30 Git LFS pointer",
            Array("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n".utf8),
            .foreign,
            "this is a Git LFS pointer, not safetensors"
        ),
        HostileFile("S30 HTML", Array("<!doctype html>\n<html></html>".utf8), .foreign, "this is an HTML page"),
        HostileFile("S30 JSON", Array("{\"error\":\"not found\"}".utf8), .foreign, "this is a JSON text"),
        HostileFile(
            "S30 torch pickle",
            [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E],
            .foreign,
            "this is a Python pickle"
        ),
        HostileFile(
            "S30 pickle with a plausible length",
            [0x80, 0x04] + [UInt8](repeating: 0, count: 6) + [UInt8](repeating: 0x2E, count: 1_200),
            .foreign,
            "this is a Python pickle"
        ),
        HostileFile("S30 short pickle", [0x80, 0x04, 0x4E, 0x2E], .foreign, "this is a Python pickle"),
        HostileFile(
            "S30 ZIP",
            [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 60),
            .foreign,
            "this is a ZIP archive"
        ),
        HostileFile("S30 GGUF", Array("GGUF".utf8) + [3, 0, 0, 0, 0, 0, 0, 0], .foreign, "this is a GGUF file"),
    ]
}
