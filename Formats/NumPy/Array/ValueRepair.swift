import TensorFile

/// What must be done to values as they come from a file so that they are little-endian and well formed.
struct ValueRepair: Sendable {
    private let swappedWidth: Int?
    private let isBool: Bool

    init(_ value: NumPyValueType) {
        swappedWidth = value.swappedWidth
        isBool = value.type == .bool
    }

    /// True where the file's bytes can be used as they are.
    ///
    /// Booleans never qualify: NumPy writes 0 and 1, but reads (and others write) any byte as true.
    var isNeeded: Bool { swappedWidth != nil || isBool }

    /// Repairs whole values in place.
    func apply(to buffer: UnsafeMutableRawBufferPointer) {
        if isBool {
            for index in buffer.indices { buffer[index] = buffer[index] == 0 ? 0 : 1 }
        }
        switch swappedWidth {
        case 2: swap(UInt16.self, in: buffer)
        case 4: swap(UInt32.self, in: buffer)
        case 8: swap(UInt64.self, in: buffer)
        default: break
        }
    }

    private func swap<Word: FixedWidthInteger & BitwiseCopyable>(
        _ type: Word.Type,
        in buffer: UnsafeMutableRawBufferPointer
    ) {
        let width = MemoryLayout<Word>.size
        for offset in stride(from: 0, to: buffer.count / width * width, by: width) {
            let word = buffer.loadUnaligned(fromByteOffset: offset, as: Word.self)
            buffer.storeBytes(of: word.byteSwapped, toByteOffset: offset, as: Word.self)
        }
    }
}
