import TensorFile

// The catalogue of hostile files, by the numbers under which Formats/GGUF/README.md lists them.
extension HostileFile {
    static let all =
        truncated + counts + strings + arrays + dimensions + places + alignments + types + duplicates + names + versions
        + foreign

    private static let truncated = [
        HostileFile("G01 0 bytes", [], .truncated, "byte 0, magic"),
        HostileFile("G01 2 bytes", Array("GG".utf8), .truncated, "byte 0, magic"),
        HostileFile("G01 4 bytes", Array("GGUF".utf8), .truncated, "byte 4, version"),
        HostileFile("G01 8 bytes", Array(GGUFBytes().bytes.prefix(8)), .truncated, "byte 8, tensor count"),
        HostileFile("G01 23 bytes", Array(GGUFBytes().bytes.prefix(23)), .truncated, "byte 16, key count"),
    ]

    private static let counts =
        [UInt64.max, 1 << 63].map { (count: UInt64) in
            HostileFile("G02 \(count) keys", .overflow, "key count") { $0.keyCount = count }
        }
        + [UInt64.max, 1 << 63].map { (count: UInt64) in
            HostileFile("G03 \(count) tensors", .overflow, "tensor count") { $0.tensorCount = count }
        }
        + [
            HostileFile("G02 2^62 keys", .truncated, "items cannot fit") { $0.keyCount = 1 << 62 },
            HostileFile("G03 10^9 tensors", .truncated, "1000000000 items cannot fit") {
                $0.tensorCount = 1_000_000_000
            },
            HostileFile("more tensors than infos", .truncated, "2 items cannot fit in the 48 bytes") {
                $0.addTensor("a", [64], [UInt8](repeating: 0, count: 256))
                $0.tensorCount = 2
                $0.data.removeAll()
            },
            HostileFile("keys above the limit", .limit, "100001 is more than the 100000") {
                $0.keyCount = 100_001
                $0.data = [UInt8](repeating: 0, count: 100_001 * 14)
            },
            HostileFile("tensors above the limit", .limit, "1000001 is more than the 1000000") {
                $0.tensorCount = 1_000_001
                $0.data = [UInt8](repeating: 0, count: 1_000_001 * 25)
            },
        ]

    private static let strings =
        [UInt64.max, 1 << 63].flatMap { length in
            [
                HostileFile("G04 key of \(length)", .overflow, "name length of key 0") {
                    $0.addEntry($0.number(length) + [0, 0, 0, 0, 0, 0])
                },
                HostileFile("G04 string of \(length)", .overflow, "length of key \"a\"") {
                    $0.add("a", type: 8, $0.number(length))
                },
                HostileFile("G04 token of \(length)", .overflow, "length of string 1 of key \"a\"") {
                    $0.add(
                        "a",
                        type: 9,
                        $0.number(UInt32(8)) + $0.number(UInt64(2)) + $0.string("x") + $0.number(length)
                    )
                },
                HostileFile("G04 name of \(length)", .overflow, "name length of tensor 0") {
                    $0.tensorCount = 1
                    $0.addEntry($0.number(length) + [UInt8](repeating: 0, count: 24))
                    $0.keyCount = 0
                },
            ]
        }
        + [
            HostileFile("G04 string beyond the end", .truncated, "key \"a\": 33 bytes needed") {
                $0.add("a", type: 8, $0.number(UInt64(33)) + [UInt8](repeating: 65, count: 32))
                $0.alignment = 1
            },
            HostileFile("G04 key beyond the end", .truncated, "name length of key 0: 1000 items cannot fit") {
                $0.addEntry($0.number(UInt64(1000)) + [UInt8](repeating: 65, count: 20))
            },
            HostileFile("CVE-2025-49847 token of 2^31", .truncated, "2147483648 bytes needed") {
                $0.add("a", type: 9, $0.number(UInt32(8)) + $0.number(UInt64(1)) + $0.number(UInt64(1) << 31))
            },
        ]

    private static func array(_ id: String, of type: UInt32, _ count: UInt64, _ kind: TensorFileError.Kind)
        -> HostileFile
    {
        HostileFile(id, kind, "element count of key \"a\"") {
            $0.add("a", type: 9, $0.number(type) + $0.number(count))
        }
    }

    /// Arrays in arrays, `depth` in all, the innermost one empty.
    private static func nested(_ depth: Int) -> GGUFBytes {
        var file = GGUFBytes()
        let level = file.number(UInt32(9)) + file.number(UInt64(1))
        let levels = (1..<depth).flatMap { _ in level }
        file.add("a", type: 9, levels + file.number(UInt32(0)) + file.number(UInt64(0)))
        return file
    }

    private static let arrays = [
        array("G05 2^40 uint8", of: 0, 1 << 40, .truncated),
        array("G05 2^62 uint64", of: 10, 1 << 62, .truncated),
        array("G05 2^63 uint8", of: 0, 1 << 63, .overflow),
        array("G05 10^9 empty strings", of: 8, 1_000_000_000, .truncated),
        array("G05 2^61 arrays", of: 9, 1 << 61, .truncated),
        HostileFile("G06 5 deep", nested(5).bytes, .limit, "nested more than 4 deep"),
        HostileFile("G06 5000 deep", nested(5000).bytes, .limit, "nested more than 4 deep"),
        HostileFile("G21 value type 13", .unsupported, "value type 13 is unknown") { $0.add("a", type: 13, [0]) },
        HostileFile("G21 element type 13", .unsupported, "value type 13 is unknown") {
            $0.add("a", type: 9, $0.number(UInt32(13)) + $0.number(UInt64(0)))
        },
        HostileFile("G22 scalar", .malformed, "neither 0 nor 1", isTolerable: true) { $0.add("a", type: 7, [2]) },
        HostileFile("G22 in an array", .malformed, "neither 0 nor 1", isTolerable: true) {
            $0.add("a", type: 9, $0.number(UInt32(7)) + $0.number(UInt64(3)) + [0, 1, 255])
        },
    ]

    private static func shaped(
        _ id: String,
        _ dimensions: [UInt64],
        type: UInt32 = 0,
        _ kind: TensorFileError.Kind,
        _ words: String
    ) -> HostileFile {
        HostileFile(id, kind, words) { $0.addInfo(Array("t".utf8), dimensions, type: type, offset: 0) }
    }

    private static let dimensions = [
        shaped("G07 5 dimensions", [1, 1, 1, 1, 1], .limit, "5 dimensions; 4 are allowed"),
        HostileFile("G07 2^32−1 dimensions", .limit, "4294967295 dimensions") {
            $0.addInfo(Array("t".utf8), [1], offset: 0, dimensionCount: .max)
        },
        shaped("G08 2^32 squared", [1 << 32, 1 << 32], .overflow, "more than 2^63 values"),
        shaped("G08 2^64−1", [.max], .overflow, "beyond 2^63"),
        shaped("G08 2^33 squared", [1 << 33, 1 << 33], .overflow, "more than 2^63 values"),
        shaped("G08 hidden by a zero", [1 << 33, 1 << 33, 0], .overflow, "more than 2^63 values"),
        shaped("G09 I64", [1 << 61], type: 27, .overflow, "more than 2^63 bytes"),
        HostileFile("G09 two of 2^63−64", .overflow, "lead beyond 2^63") {
            let size: UInt64 = 0x7FFF_FFFF_FFFF_FFC0
            $0.addInfo(Array("a".utf8), [size], type: 24, offset: 0)
            $0.addInfo(Array("b".utf8), [size], type: 24, offset: size)
        },
        shaped("G10 SIZE_MAX/4", [UInt64.max / 4], .overflow, "more than 2^63 bytes"),
        shaped("G16 row of 33", [33], type: 8, .mismatch, "no whole blocks of 32"),
        shaped("G16 row of 32 in Q4_K", [32, 8], type: 12, .mismatch, "no whole blocks of 256"),
    ]

    private static func placed(
        _ id: String,
        _ offsets: [UInt64],
        size: Int = 128,
        _ kind: TensorFileError.Kind,
        _ words: String,
        isTolerable: Bool = false
    ) -> HostileFile {
        HostileFile(id, kind, words, isTolerable: isTolerable) {
            for (index, offset) in offsets.enumerated() { $0.addInfo(Array("t\(index)".utf8), [8], offset: offset) }
            $0.data = [UInt8](repeating: 0, count: size)
        }
    }

    private static let places = [
        placed("G11 2^64−32", [0 &- 32], .overflow, "lead beyond 2^63"),
        placed("G11 2^63", [1 << 63], .overflow, "lead beyond 2^63"),
        placed("G11 2^63−32", [1 << 63 - 32], .overflow, "lead beyond 2^63"),
        placed("G11 past the end", [1 << 20], .truncated, "outside the file"),
        placed("G12 one byte past the end", [0], size: 31, .truncated, "outside the file"),
        placed("G12 second", [0, 32], size: 63, .truncated, "tensor \"t1\""),
        placed("G17 same place", [0, 0], .overlap, "it shares bytes"),
        placed("G17 first over second", [0, 64, 64], .overlap, "tensor \"t2\""),
        placed("G18", [4], .malformed, "offset 4 is misaligned"),
        placed("G19 gap", [0, 64], .gap, "belong to no tensor", isTolerable: true),
        placed("G19 gap in front", [32], .gap, "belong to no tensor", isTolerable: true),
        placed("G19 order", [32, 0], .malformed, "another order", isTolerable: true),
    ]

    private static let alignments =
        [UInt32(0), 13, 24, 1 << 21, 1 << 31].map { alignment in
            HostileFile("G13 \(alignment)", .malformed, "\(alignment) is not a power of two") {
                $0.add("general.alignment", uint32: alignment)
            }
        }
        + [
            HostileFile("G13 text", .malformed, "not a uint32") { $0.add("general.alignment", "32") },
            HostileFile("G13 uint64", .malformed, "not a uint32") {
                $0.add("general.alignment", type: 10, $0.number(UInt64(32)))
            },
        ]

    private static let types =
        [
            4: "Q4_2", 5: "Q4_3", 31: "Q4_0_4_4", 32: "Q4_0_4_8", 33: "Q4_0_8_8", 36: "IQ4_NL_4_4", 37: "IQ4_NL_4_8",
            38: "IQ4_NL_8_8",
        ]
        .map { number, name in
            shaped("G14 \(number)", [32], type: UInt32(number), .unsupported, "(\(name)) was removed from ggml")
        }
        + [43, UInt32.max].map { number in
            shaped("G15 \(number)", [32], type: number, .unsupported, "type \(number) is unknown")
        }

    private static let duplicates = [
        HostileFile("G20 key", .duplicate, "\"a\" stands twice") {
            $0.add("a", "1")
            $0.add("a", "1")
        },
        HostileFile("G20 tensor", .duplicate, "the name \"t\" stands twice") {
            $0.addTensor("t", [8], [UInt8](repeating: 0, count: 32))
            $0.addTensor("t", [8], [UInt8](repeating: 0, count: 32))
        },
    ]

    private static func named(
        _ id: String,
        _ name: [UInt8],
        _ kind: TensorFileError.Kind,
        _ words: String,
        isTolerable: Bool = false
    ) -> HostileFile {
        HostileFile(id, kind, words, isTolerable: isTolerable) { $0.addInfo(name, [0], offset: 0) }
    }

    private static let names = [
        HostileFile("G23 empty key", .malformed, "key 0: the name is empty") { $0.add("", uint32: 0) },
        HostileFile("G23 non-ASCII key", .malformed, "is not ASCII", isTolerable: true) { $0.add("é", uint32: 0) },
        HostileFile("G23 key not UTF-8", .malformed, "is not ASCII") {
            $0.addEntry($0.string([0xFF]) + $0.number(UInt32(4)) + $0.number(UInt32(0)))
        },
        HostileFile("G23 key of 65,536 bytes", .limit, "takes 65536 bytes; 65535 are allowed") {
            $0.add(String(repeating: "k", count: 65_536), uint32: 0)
        },
        HostileFile("key with NUL", .malformed, "control characters") { $0.add("a\0b", uint32: 0) },
        named("G24 65 bytes", [UInt8](repeating: 97, count: 65), .limit, "takes 65 bytes; 64", isTolerable: true),
        named("G24 200 bytes", [UInt8](repeating: 97, count: 200), .limit, "takes 200 bytes; 64", isTolerable: true),
        named("G24 65,536 bytes", [UInt8](repeating: 97, count: 65_536), .limit, "takes 65536 bytes"),
        named("G24 empty", [], .malformed, "the name is empty"),
        named("G24 NUL", Array("a\0b".utf8), .malformed, "control characters"),
        named("G24 escape", Array("a\u{1B}[2J".utf8), .malformed, "control characters"),
        named("name not UTF-8", [0x61, 0xFF], .malformed, "is not UTF-8"),
    ]

    private static let versions = [
        HostileFile("G25 version 0", .unsupported, "version 0; 1 to 3") { $0.version = 0 },
        HostileFile("G25 version 4", .unsupported, "newer than this reader") { $0.version = 4 },
        HostileFile("G25 version 0x03000000", .truncated, "read as big-endian") {
            $0.version = 0x0300_0000
            $0.add("general.architecture", "llama")
        },
        HostileFile("G26 big-endian version 4", .unsupported, "version 4; 1 to 3") {
            $0.order = .big
            $0.version = 4
        },
    ]

    private static let foreign =
        ["ggml", "ggmf", "ggjt"].map { magic in
            HostileFile(
                "G33 \(magic)",
                Array(magic.utf8.reversed()) + [UInt8](repeating: 0, count: 60),
                .foreign,
                "from before GGUF"
            )
        }
        + [
            HostileFile(
                "G33 pointer",
                Array("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n".utf8),
                .foreign,
                "a Git LFS pointer"
            ),
            HostileFile("G33 page", Array("<!DOCTYPE html><html>".utf8), .foreign, "an HTML page"),
            HostileFile("G33 anything", Array("GGUX, whatever".utf8), .foreign, "not \"GGUF\""),
        ]
}
