import CZlib
import Dispatch
import Synchronization
import TensorFile

/// Packs raw deflate streams (RFC 1951) on all cores.
///
/// A member is cut into blocks of 256 KiB. Each is packed alone, knowing the 32 KiB before it, and ends on a byte
/// boundary, so that the blocks put together are one ordinary stream. Cuts do not depend on the number of cores.
final class DeflateEncoder: MemberEncoder {
    private static let blockBytes = 256 << 10
    /// Blocks that are gathered and then packed side by side.
    private static let blockCount = 16
    /// How far deflate looks back.
    private static let windowBytes = 32 << 10

    private let level: Int32
    /// The last window of the bytes already packed, then the bytes waiting.
    private var pending: [UInt8] = []
    private var history = 0

    init(level: Int) throws(TensorFileError) {
        guard (1...9).contains(level) else { throw levelOutOfRange(level, 1...9) }
        self.level = Int32(level)
        pending.reserveCapacity(Self.windowBytes + Self.blockBytes * Self.blockCount)
    }

    func begin(size: Int) {
        pending.removeAll(keepingCapacity: true)
        history = 0
    }

    func encode(
        _ bytes: UnsafeRawBufferPointer,
        output: (UnsafeRawBufferPointer) throws(TensorFileError) -> Void
    ) throws(TensorFileError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let room = history + Self.blockBytes * Self.blockCount - pending.count
            // The last block of a member is marked as such, so a full load waits until more comes.
            if room == 0 {
                try pack(isLast: false, output)
                continue
            }
            pending.append(contentsOf: rest.prefix(room))
            rest = rest.dropFirst(room)
        }
    }

    func finish(output: (UnsafeRawBufferPointer) throws(TensorFileError) -> Void) throws(TensorFileError) {
        try pack(isLast: true, output)
    }

    private func pack(
        isLast: Bool,
        _ output: (UnsafeRawBufferPointer) throws(TensorFileError) -> Void
    ) throws(TensorFileError) {
        let (bytes, start, level) = (pending, history, level)
        let count = max(1, (bytes.count - start + Self.blockBytes - 1) / Self.blockBytes)
        let results = Mutex<[[UInt8]?]>(Array(repeating: nil, count: count))
        DispatchQueue.concurrentPerform(iterations: count) { index in
            let from = start + index * Self.blockBytes
            let block = from..<min(from + Self.blockBytes, bytes.count)
            let window = max(0, from - Self.windowBytes)..<from
            let packed = deflated(bytes, block, window: window, level: level, isLast: isLast && index == count - 1)
            results.withLock { $0[index] = packed }
        }
        for packed in results.withLock({ $0 }) {
            guard let packed else { throw encoderFailure("zlib", "packing failed") }
            var failure: TensorFileError?
            packed.withUnsafeBytes { buffer in
                do throws(TensorFileError) { try output(buffer) } catch { failure = error }
            }
            if let failure { throw failure }
        }
        pending.removeSubrange(..<max(0, pending.count - Self.windowBytes))
        history = pending.count
    }
}

/// Packs `block` of `bytes`, knowing `window` before it; nil where zlib fails.
private func deflated(
    _ bytes: [UInt8],
    _ block: Range<Int>,
    window: Range<Int>,
    level: Int32,
    isLast: Bool
) -> [UInt8]? {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    guard deflateInit2_(&stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
    else { return nil }
    defer { deflateEnd(&stream) }
    // The marker at a block's end takes a few bytes more than the bound for a whole stream.
    let capacity = Int(deflateBound(&stream, UInt(block.count))) + 16
    return bytes.withUnsafeBufferPointer { source -> [UInt8]? in
        guard let base = source.baseAddress else { return emptyStream }
        if !window.isEmpty {
            guard deflateSetDictionary(&stream, base + window.lowerBound, UInt32(window.count)) == Z_OK else {
                return nil
            }
        }
        // zlib does not write to its input; its C declaration cannot say so.
        stream.next_in = UnsafeMutablePointer(mutating: base + block.lowerBound)
        stream.avail_in = UInt32(block.count)
        var status = Z_OK
        let packed = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            stream.next_out = buffer.baseAddress
            stream.avail_out = UInt32(capacity)
            status = deflate(&stream, isLast ? Z_FINISH : Z_SYNC_FLUSH)
            count = capacity - Int(stream.avail_out)
        }
        let isComplete = isLast ? status == Z_STREAM_END : status == Z_OK && stream.avail_out > 0
        return isComplete && stream.avail_in == 0 ? packed : nil
    }
}

/// A deflate stream of no bytes: one final block with fixed codes that ends at once.
private let emptyStream: [UInt8] = [3, 0]
