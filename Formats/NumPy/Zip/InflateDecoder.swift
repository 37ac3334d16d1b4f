import CZlib
import TensorFile

/// Unpacks a raw deflate stream (RFC 1951) with zlib.
final class InflateDecoder: MemberDecoder {
    private let input: CompressedInput
    /// On the heap, because zlib keeps a pointer back to it.
    private let stream: UnsafeMutablePointer<z_stream>
    private var hasEnded = false

    init(_ input: CompressedInput) throws(TensorFileError) {
        self.input = input
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Negative window bits: no zlib header, as ZIP demands.
        let status = inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            stream.deallocate()
            throw TensorFileError(
                .system,
                place: "zlib",
                cause: "starting failed with code \(status)",
                remedy: "free memory and run again"
            )
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    var isExhausted: Bool { hasEnded && stream.pointee.avail_in == 0 && input.left == 0 }

    func decode(into buffer: UnsafeMutableRawBufferPointer) throws(TensorFileError) -> Int {
        var done = 0
        while done < buffer.count, !hasEnded {
            if stream.pointee.avail_in == 0 {
                let piece = try input.next()
                guard !piece.isEmpty else { throw corruptStream("the deflate stream ends early") }
                // zlib does not write to its input; its C declaration cannot say so.
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
                )
                stream.pointee.avail_in = UInt32(piece.count)
            }
            let room = min(buffer.count - done, 1 << 30)
            stream.pointee.next_out = buffer.baseAddress?.advanced(by: done).assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(room)
            let status = inflate(stream, Z_NO_FLUSH)
            done += room - Int(stream.pointee.avail_out)
            switch status {
            case Z_OK: break
            // No progress: the input ran out, and the next turn fetches more.
            case Z_BUF_ERROR where stream.pointee.avail_in == 0: break
            case Z_STREAM_END: hasEnded = true
            default:
                let reason = stream.pointee.msg.map { String(cString: $0) } ?? "code \(status)"
                throw corruptStream("the deflate stream is broken: \(reason)")
            }
        }
        return done
    }
}
