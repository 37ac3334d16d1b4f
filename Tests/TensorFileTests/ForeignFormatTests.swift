import TensorFile
import Testing

@Suite struct ForeignFormatTests {
    private static let cases: [(ForeignFormat, [UInt8])] = [
        (.gitLFSPointer, Array("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n".utf8)),
        (.html, Array("\n<!DOCTYPE html><html>".utf8)),
        (.html, [0xEF, 0xBB, 0xBF] + Array("<HTML lang=en>".utf8)),
        (.xml, Array("<?xml version=\"1.0\"?><Error/>".utf8)),
        (.json, Array("{\"error\":\"Repository not found\"}".utf8)),
        (.safetensors, [2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)),
        (.gguf, Array("GGUF".utf8) + [3, 0, 0, 0]),
        (.legacyGGML, Array("lmgg".utf8)),
        (.legacyGGML, Array("GGJT".utf8)),
        (.npy, [0x93] + Array("NUMPY".utf8) + [1, 0]),
        (.pickle, [0x80, 0x02, 0x8A, 0x0A]),
        (.hdf5, [0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A]),
        (.parquet, Array("PAR1".utf8)),
        (.zip, [0x50, 0x4B, 0x03, 0x04, 0x14]),
        (.zip, [0x50, 0x4B, 0x05, 0x06]),
        (.gzip, [0x1F, 0x8B, 0x08, 0x00]),
        (.zstandard, [0x28, 0xB5, 0x2F, 0xFD]),
        (.xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
        (.bzip2, Array("BZh9".utf8)),
        (.sevenZip, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
        (.tar, [UInt8](repeating: 0x61, count: 257) + Array("ustar".utf8)),
        (.pdf, Array("%PDF-1.7".utf8)),
    ]

    @Test(arguments: cases) func recognisesSignatures(format: ForeignFormat, prefix: [UInt8]) {
        #expect(ForeignFormat.recognise(prefix: prefix) == format)
    }

    @Test func everyFormatHasACase() {
        #expect(Set(Self.cases.map(\.0)) == Set(ForeignFormat.allCases))
    }

    @Test(arguments: [
        [], [0x80], [0x80, 0x06], [0x50, 0x4B, 0x03], Array("plain text".utf8), [0, 0, 0, 0, 0, 0, 0, 0],
    ])
    func leavesOthersAlone(prefix: [UInt8]) {
        #expect(ForeignFormat.recognise(prefix: prefix) == nil)
    }

    @Test func errorSaysWhatItIs() {
        let error = ForeignFormat.gitLFSPointer.error(insteadOf: "safetensors")
        #expect(error.kind == .foreign)
        #expect(error.description.contains("this is a Git LFS pointer, not safetensors"))
    }
}
