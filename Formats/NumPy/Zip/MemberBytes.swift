import TensorFile

/// A member's unpacked bytes, from first to last: never more than declared, and with their checksum proved at the end.
final class MemberBytes: SequentialBytes {
    private let member: ZipMember
    private let file: InputFile
    /// Nil for stored members.
    private let decoder: (any MemberDecoder)?
    private var done = 0
    private var checksum = Checksum()

    /// The unpacked bytes that have not been read.
    var left: Int { member.entry.size - done }

    init(_ member: ZipMember, in file: InputFile) throws(TensorFileError) {
        self.member = member
        self.file = file
        do throws(TensorFileError) {
            switch ZipMethod(rawValue: member.entry.method) {
            case .stored:
                guard member.entry.size == member.entry.compressedSize else {
                    throw TensorFileError(
                        .mismatch,
                        place: "sizes",
                        cause: "a stored member of \(member.entry.size) bytes takes \(member.entry.compressedSize)",
                        remedy: "the file is damaged or hostile; fetch it again"
                    )
                }
                decoder = nil
            case .deflate: decoder = try InflateDecoder(CompressedInput(member, in: file))
            case .zstd: decoder = try ZstdDecoder(CompressedInput(member, in: file))
            case nil:
                throw TensorFileError(
                    .unsupported,
                    place: "method",
                    cause: "method \(member.entry.method) (\(ZipMethod.name(of: member.entry.method)))",
                    remedy: "pack the archive again with deflate or without compression, as NumPy does"
                )
            }
        } catch { throw error.inMember(member.entry.name) }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(TensorFileError) {
        do throws(TensorFileError) {
            guard buffer.count <= left else {
                throw TensorFileError(
                    .mismatch,
                    place: "byte \(done)",
                    cause: "\(buffer.count) bytes needed, \(left) are left of \(member.entry.size)",
                    remedy: "the file is damaged or hostile; fetch it again"
                )
            }
            if let decoder {
                let count = try decoder.decode(into: buffer)
                guard count == buffer.count else {
                    throw sizeMismatch("unpacks to \(done + count) bytes")
                }
            } else {
                try file.read(at: member.dataOffset + done, into: buffer)
            }
        } catch { throw error.inMember(member.entry.name) }
        checksum.update(UnsafeRawBufferPointer(buffer))
        done += buffer.count
    }

    func finish() throws(TensorFileError) {
        do throws(TensorFileError) {
            guard left == 0 else { throw sizeMismatch("\(done) bytes were used") }
            if let decoder {
                var surplus: UInt8 = 0
                let count = try withUnsafeMutableBytes(of: &surplus) { (buffer) throws(TensorFileError) in
                    try decoder.decode(into: buffer)
                }
                guard count == 0 else { throw sizeMismatch("unpacks to more") }
                guard decoder.isExhausted else { throw corruptStream("bytes follow the packed stream") }
            }
            guard checksum.value == member.entry.checksum else {
                throw TensorFileError(
                    .mismatch,
                    place: "CRC-32",
                    cause: "the bytes have \(String(checksum.value, radix: 16)), "
                        + "\(String(member.entry.checksum, radix: 16)) is stated",
                    remedy: "the file is damaged; fetch it again"
                )
            }
        } catch { throw error.inMember(member.entry.name) }
    }

    /// Reads what is left, for its checksum.
    func discardRest() throws(TensorFileError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(left, 256 << 10), alignment: 64)
        defer { buffer.deallocate() }
        while left > 0 {
            try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(left, buffer.count)]))
        }
    }

    private func sizeMismatch(_ found: String) -> TensorFileError {
        TensorFileError(
            .mismatch,
            place: "size",
            cause: "\(member.entry.size) bytes are stated, the member \(found)",
            remedy: "the file is damaged or hostile; fetch it again"
        )
    }
}

extension TensorFileError {
    /// The same error with its place inside the member `name`.
    func inMember(_ name: String) -> TensorFileError {
        var copy = self
        if !place.hasPrefix("member ") { copy.place = "member \"\(name)\", \(place)" }
        return copy
    }
}
