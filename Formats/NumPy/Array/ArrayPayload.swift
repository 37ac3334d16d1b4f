import TensorFile

/// An array's data, and how to bring it into the order and form that tensors have.
struct ArrayPayload: Sendable {
    let tensor: TensorDescriptor
    let header: NumPyHeader
    /// Where the data stands in its file, unless it is compressed.
    let location: TensorLocation?
    /// Memory for turning an array in Fortran order.
    let slabBytes: Int

    /// True where the file's bytes are the tensor's bytes.
    var isPlain: Bool { !isTransposed && !ValueRepair(header.value).isNeeded }

    /// True where the file's order of values differs from C order; with fewer than two dimensions above 1 it does not.
    var isTransposed: Bool {
        header.isFortranOrder && tensor.elementCount > 0 && tensor.shape.count { $0 > 1 } > 1
    }

    /// Streams the tensor in chunks of at most `chunkBytes` (or one value). `source` stands at the start of the data.
    func stream(
        from source: any SequentialBytes,
        chunkBytes: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        if isTransposed {
            try FortranStream(payload: self).stream(from: source, chunkBytes: chunkBytes, body)
            return
        }
        let repair = ValueRepair(header.value)
        let chunk = wholeValues(in: chunkBytes)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(chunk, tensor.byteCount), alignment: 64)
        defer { buffer.deallocate() }
        var left = tensor.byteCount
        while left > 0 {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(chunk, left)])
            try source.read(into: part)
            repair.apply(to: part)
            try body(UnsafeRawBufferPointer(part))
            left -= part.count
        }
        try source.finish()
    }

    /// Reads the whole tensor to `destination`, which has its size. `source` stands at the start of the data.
    func read(from source: any SequentialBytes, into destination: UnsafeMutableRawBufferPointer) throws {
        if isTransposed {
            var done = 0
            try stream(from: source, chunkBytes: 1 << 20) { chunk in
                UnsafeMutableRawBufferPointer(rebasing: destination[done...]).copyMemory(from: chunk)
                done += chunk.count
            }
            return
        }
        try source.read(into: destination)
        ValueRepair(header.value).apply(to: destination)
        try source.finish()
    }

    /// The greatest number of bytes up to `bytes` that is whole values, at least one.
    func wholeValues(in bytes: Int) -> Int {
        let width = tensor.type.geometry.bytes
        return max(width, bytes / width * width)
    }
}
