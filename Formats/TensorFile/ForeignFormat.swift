/// A well-known format, recognised by a file's first bytes: to say what a file is when it is not what its name promises.
///
/// Ask only about files that failed as the format they should be: a safetensors file whose header is 640 bytes long
/// begins like a pickle.
public enum ForeignFormat: CaseIterable, Hashable, Sendable {
    /// What stands in for a file that Git LFS did not fetch, and what servers send instead of a file.
    case gitLFSPointer, html, xml, json
    /// Tensors in other containers.
    case safetensors, gguf, legacyGGML, npy, pickle, hdf5, parquet
    /// Archives and compressed files.
    case zip, gzip, zstandard, xz, bzip2, sevenZip, tar
    /// A document, in polyglot files above all.
    case pdf

    /// How many first bytes `recognise` wants to see; fewer will do where the file is shorter.
    public static let prefixLength = 512

    /// The format whose signature begins `prefix`, or nil.
    public static func recognise(prefix: [UInt8]) -> ForeignFormat? {
        if let found = signatures.first(where: { $0.matches(prefix) }) { return found.format }
        if isSafetensors(prefix) { return .safetensors }
        // Pickle protocols 2 to 5; older ones have no signature.
        if prefix.count >= 2, prefix[0] == 0x80, (2...5).contains(prefix[1]) { return .pickle }
        return recogniseText(prefix)
    }

    /// What the file is, with its article: "a Git LFS pointer".
    public var name: String {
        switch self {
        case .gitLFSPointer: "a Git LFS pointer"
        case .html: "an HTML page"
        case .xml: "an XML document"
        case .json: "a JSON text"
        case .safetensors: "a safetensors file"
        case .gguf: "a GGUF file"
        case .legacyGGML: "a GGML file from before GGUF"
        case .npy: "a NumPy array (.npy)"
        case .pickle: "a Python pickle"
        case .hdf5: "an HDF5 file"
        case .parquet: "a Parquet table"
        case .zip: "a ZIP archive (PyTorch's .pt and NumPy's .npz are such)"
        case .gzip: "a gzip file"
        case .zstandard: "a Zstandard file"
        case .xz: "an xz file"
        case .bzip2: "a bzip2 file"
        case .sevenZip: "a 7-Zip archive"
        case .tar: "a tar archive"
        case .pdf: "a PDF document"
        }
    }

    /// The error of a reader that expected a file of format `expected` ("safetensors") and was given this.
    public func error(insteadOf expected: String) -> TensorFileError {
        TensorFileError(.foreign, place: "byte 0", cause: "this is \(name), not \(expected)", remedy: remedy)
    }

    private var remedy: String {
        switch self {
        case .gitLFSPointer: "fetch the file itself with git lfs pull"
        case .html, .xml, .json: "the download failed or needs a login; fetch the file again"
        case .pickle: "pickles can run code and are never read; save as safetensors where the file comes from"
        case .zip: "read .npz under that name; save .pt as safetensors where the file comes from"
        case .safetensors, .gguf, .npy: "give the file its own ending"
        case .legacyGGML: "convert it to GGUF with the tool that made it"
        case .gzip, .zstandard, .xz, .bzip2, .sevenZip, .tar: "unpack it first"
        case .hdf5, .parquet, .pdf: "check which file was meant"
        }
    }
}

extension ForeignFormat {
    private struct Signature {
        let format: ForeignFormat
        let bytes: [UInt8]
        var offset = 0

        func matches(_ prefix: [UInt8]) -> Bool {
            prefix.dropFirst(offset).starts(with: bytes)
        }
    }

    private static let signatures: [Signature] = [
        Signature(format: .gitLFSPointer, bytes: Array("version https://git-lfs.github.com/spec/".utf8)),
        Signature(format: .gguf, bytes: Array("GGUF".utf8)),
        Signature(format: .npy, bytes: [0x93] + Array("NUMPY".utf8)),
        Signature(format: .hdf5, bytes: [0x89] + Array("HDF\r\n".utf8)),
        Signature(format: .parquet, bytes: Array("PAR1".utf8)),
        Signature(format: .zip, bytes: [0x50, 0x4B, 0x03, 0x04]),
        Signature(format: .zip, bytes: [0x50, 0x4B, 0x05, 0x06]),
        Signature(format: .gzip, bytes: [0x1F, 0x8B, 0x08]),
        Signature(format: .zstandard, bytes: [0x28, 0xB5, 0x2F, 0xFD]),
        Signature(format: .xz, bytes: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
        Signature(format: .bzip2, bytes: Array("BZh".utf8)),
        Signature(format: .sevenZip, bytes: [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
        Signature(format: .tar, bytes: Array("ustar".utf8), offset: 257),
        Signature(format: .pdf, bytes: Array("%PDF-".utf8)),
        // The old formats wrote their magic as a little-endian number, so the letters stand backwards in the file.
        Signature(format: .legacyGGML, bytes: Array("lmgg".utf8)),
        Signature(format: .legacyGGML, bytes: Array("fmgg".utf8)),
        Signature(format: .legacyGGML, bytes: Array("tjgg".utf8)),
        Signature(format: .legacyGGML, bytes: Array("GGML".utf8)),
        Signature(format: .legacyGGML, bytes: Array("GGMF".utf8)),
        Signature(format: .legacyGGML, bytes: Array("GGJT".utf8)),
    ]

    /// A header length that is no larger than the format allows, then the beginning of a JSON object.
    private static func isSafetensors(_ prefix: [UInt8]) -> Bool {
        guard prefix.count >= 10 else { return false }
        let length = prefix[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return length <= 100_000_000 && prefix[8] == UInt8(ascii: "{")
            && (prefix[9] == UInt8(ascii: "\"") || prefix[9] == UInt8(ascii: "}"))
    }

    private static func recogniseText(_ prefix: [UInt8]) -> ForeignFormat? {
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = prefix.dropFirst(prefix.starts(with: byteOrderMark) ? 3 : 0)
            .drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let head = text.prefix(16).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        if head.starts(with: "<!doctype html".utf8) || head.starts(with: "<html".utf8) { return .html }
        if head.starts(with: "<?xml".utf8) { return .xml }
        return head.first == UInt8(ascii: "{") ? .json : nil
    }
}
