import CZstd
import TensorFile

/// Packs members as single Zstandard frames (RFC 8878).
final class ZstdEncoder: MemberEncoder {
    /// Higher levels use windows above what decoders accept unasked.
    private static let levels = 1...19

    private let context: OpaquePointer
    private let buffer: UnsafeMutableRawBufferPointer

    init(level: Int) throws(TensorFileError) {
        guard Self.levels.contains(level) else { throw levelOutOfRange(level, Self.levels) }
        guard let context = ZSTD_createCCtx() else { throw encoderFailure("zstd", "out of memory") }
        self.context = context
        buffer = .allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 64)
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
    }

    deinit {
        ZSTD_freeCCtx(context)
        buffer.deallocate()
    }

    func begin(size: Int) throws(TensorFileError) {
        _ = ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
        try check(ZSTD_CCtx_setPledgedSrcSize(context, UInt64(size)))
    }

    func encode(
        _ bytes: UnsafeRawBufferPointer,
        output: (UnsafeRawBufferPointer) throws(TensorFileError) -> Void
    ) throws(TensorFileError) {
        try run(bytes, ZSTD_e_continue, output)
    }

    func finish(output: (UnsafeRawBufferPointer) throws(TensorFileError) -> Void) throws(TensorFileError) {
        try run(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_end, output)
    }

    private func run(
        _ bytes: UnsafeRawBufferPointer,
        _ directive: ZSTD_EndDirective,
        _ output: (UnsafeRawBufferPointer) throws(TensorFileError) -> Void
    ) throws(TensorFileError) {
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        while true {
            var packed = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
            let waiting = try check(ZSTD_compressStream2(context, &packed, &input, directive))
            try output(UnsafeRawBufferPointer(rebasing: buffer[..<packed.pos]))
            if directive == ZSTD_e_end ? waiting == 0 : input.pos == input.size { return }
        }
    }

    @discardableResult
    private func check(_ result: Int) throws(TensorFileError) -> Int {
        guard ZSTD_isError(result) == 0 else {
            throw encoderFailure("zstd", String(cString: ZSTD_getErrorName(result)))
        }
        return result
    }
}
