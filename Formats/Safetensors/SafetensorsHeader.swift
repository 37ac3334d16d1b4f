import JSONText
import TensorFile

/// A parsed and proved header: every tensor's bytes lie inside the file, no two share any, and sizes agree with shapes.
public struct SafetensorsHeader: Sendable {
    /// Bytes of the header's text, after the 8 bytes that say so.
    public let length: Int
    /// The metadata map in file order; empty where the file has none.
    public let metadata: [(key: String, value: String)]
    /// The tensors in the order of their bytes.
    public let tensors: [TensorDescriptor]
    /// Each tensor's first byte, counted from the start of the data section.
    public let offsets: [Int]
    /// Bytes from the start of the data section to the end of the last tensor.
    public let dataByteCount: Int
    /// What reading noticed; `structureFindings` says more.
    public internal(set) var findings: [StructureFinding]
    let indexByName: [TensorName: Int]

    /// Where the data section begins in the file.
    public var dataOffset: Int { 8 + length }

    /// Parses a whole file that is in memory. O(n log n) in the number of tensors; touches no tensor's bytes.
    public init(parsing file: Span<UInt8>, strictness: Strictness = .strict) throws(TensorFileError) {
        let prefix = file.firstBytes(ForeignFormat.prefixLength)
        let length = try SafetensorsHeader.headerLength(prefix: prefix, fileSize: file.count)
        let dataOffset = 8 + length
        try self.init(
            text: file.extracting(8..<dataOffset),
            dataSize: file.count - dataOffset,
            strictness: strictness
        )
        let tail = file.extracting((dataOffset + dataByteCount)...).firstBytes(ForeignFormat.prefixLength)
        try checkCoverage(fileSize: file.count, tail: tail, strictness: strictness)
    }

    /// Parses the header's text; the file has `dataSize` bytes behind it. Bytes after the last tensor are the business of
    /// `checkCoverage`.
    init(text: Span<UInt8>, dataSize: Int, strictness: Strictness) throws(TensorFileError) {
        var parser = HeaderParser(strictness: strictness)
        do {
            try parser.parse(text)
        } catch let error as TensorFileError {
            throw error
        } catch let error as JSONError {
            throw TensorFileError(
                error.isDepthLimit ? .limit : .malformed,
                place: "header, byte \(8 + error.offset)",
                cause: "malformed JSON: \(error.cause)",
                remedy: SafetensorsFormat.headerRemedy
            )
        } catch {
            throw TensorFileError(
                .malformed,
                place: "header",
                cause: "\(error)",
                remedy: SafetensorsFormat.headerRemedy
            )
        }
        let layout = try HeaderLayout(
            parser.tensors,
            offsets: parser.offsets,
            dataSize: dataSize,
            strictness: strictness
        )
        length = text.count
        metadata = parser.metadata
        tensors = layout.tensors
        offsets = layout.offsets
        dataByteCount = layout.end
        indexByName = layout.indexByName
        findings = parser.findings + layout.findings
    }

    /// Reads the header's length from a file's first bytes and proves it against the format's limit and the file's size,
    /// before anything is allocated for it.
    static func headerLength(prefix: [UInt8], fileSize: Int) throws(TensorFileError) -> Int {
        func foreign(or error: TensorFileError) -> TensorFileError {
            guard let found = ForeignFormat.recognise(prefix: prefix), found != .safetensors else { return error }
            return found.error(insteadOf: "safetensors")
        }
        guard prefix.count >= 8 else {
            throw foreign(
                or: TensorFileError(
                    .truncated,
                    place: "byte 0, header length",
                    cause: "the header length takes 8 bytes, the file has \(fileSize)",
                    remedy: "the file is cut short; fetch it again"
                )
            )
        }
        let claimed = prefix[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let length = Int(exactly: claimed), length <= SafetensorsFormat.headerLengthLimit else {
            throw foreign(
                or: TensorFileError(
                    .limit,
                    place: "byte 0, header length",
                    cause:
                        "header too large: \(claimed) bytes, the format allows \(SafetensorsFormat.headerLengthLimit)",
                    remedy: "this is no safetensors file, or it is damaged; fetch it again"
                )
            )
        }
        guard length <= fileSize - 8 else {
            throw foreign(
                or: TensorFileError(
                    .truncated,
                    place: "byte 0, header length",
                    cause:
                        "the header ends past the end of the file: \(length) bytes from byte 8, the file has \(fileSize)",
                    remedy: "the file is cut short; fetch it again"
                )
            )
        }
        // A pickle may begin with a plausible length; a header begins with "{", or with blanks before it.
        let text = prefix[8...].drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
        if length > 0, let first = text.first, first != UInt8(ascii: "{"),
            let found = ForeignFormat.recognise(prefix: prefix)
        {
            throw found.error(insteadOf: "safetensors")
        }
        return length
    }

    /// Judges the bytes after the last tensor, of which `tail` are the first: an error in strict reading.
    mutating func checkCoverage(fileSize: Int, tail: [UInt8], strictness: Strictness) throws(TensorFileError) {
        let extra = fileSize - dataOffset - dataByteCount
        guard extra > 0 else { return }
        let hint = ForeignFormat.recognise(prefix: tail).map { ", which begin like \($0.name)" } ?? ""
        let place = "byte \(dataOffset + dataByteCount), end of the data"
        let cause = "the file is not fully covered: \(extra) bytes after the last tensor belong to none\(hint)"
        guard strictness == .lenient else {
            throw TensorFileError(.gap, place: place, cause: cause, remedy: "read leniently if the file is trusted")
        }
        findings.append(StructureFinding(.warning, place: place, cause))
    }

    /// The tensor called `name` and where its data begins in the file.
    func entry(named name: String) -> (tensor: TensorDescriptor, offset: Int)? {
        indexByName[TensorName(name)].map { (tensors[$0], dataOffset + offsets[$0]) }
    }
}

extension Span<UInt8> {
    fileprivate func firstBytes(_ count: Int) -> [UInt8] {
        extracting(first: Swift.min(count, self.count)).withUnsafeBufferPointer { Array($0) }
    }
}
