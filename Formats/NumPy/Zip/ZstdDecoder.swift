import CZstd
import TensorFile

/// Unpacks Zstandard frames (RFC 8878), one after the other; skippable frames are skipped.
final class ZstdDecoder: MemberDecoder {
    /// Logarithm of the greatest window: 128 MiB, which bounds the memory a frame can ask for. Compressors stay below
    /// without being asked for "long" or "ultra" windows.
    private static let windowLogLimit: Int32 = 27

    private let input: CompressedInput
    private let context: OpaquePointer
    private var piece = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
    /// False inside a frame.
    private var isBetweenFrames = false

    init(_ input: CompressedInput) throws(TensorFileError) {
        self.input = input
        guard let context = ZSTD_createDCtx() else {
            throw TensorFileError(.system, place: "zstd", cause: "out of memory", remedy: "free memory and run again")
        }
        self.context = context
        _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLogLimit)
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    var isExhausted: Bool { isBetweenFrames && piece.pos == piece.size && input.left == 0 }

    func decode(into buffer: UnsafeMutableRawBufferPointer) throws(TensorFileError) -> Int {
        var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        while output.pos < output.size, !isExhausted {
            if piece.pos == piece.size {
                let next = try input.next()
                piece = ZSTD_inBuffer(src: next.baseAddress, size: next.count, pos: 0)
            }
            let (before, taken) = (output.pos, piece.pos)
            let hint = ZSTD_decompressStream(context, &output, &piece)
            guard ZSTD_isError(hint) == 0 else {
                throw corruptStream("the zstd stream is broken: \(String(cString: ZSTD_getErrorName(hint)))")
            }
            isBetweenFrames = hint == 0
            // With all input taken, the decoder may still hold output back; no progress at all is the end.
            if output.pos == before, piece.pos == taken, input.left == 0, !isBetweenFrames {
                throw corruptStream("the zstd stream ends early")
            }
        }
        return output.pos
    }
}
