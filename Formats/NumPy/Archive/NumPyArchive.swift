import TensorFile

/// A `.npz` archive open for reading: a ZIP file whose members are `.npy` arrays.
///
/// Opening reads the directory and every array's header and proves all sizes; data is read, unpacked and compared with
/// its checksum as it is asked for. An error about a checksum comes after the bytes have been handed on.
public struct NumPyArchive: TensorSource {
    /// The archive's path.
    public let path: String
    /// The arrays in the directory's order, named after their members without `.npy`.
    public let tensors: [TensorDescriptor]
    /// Oddities that were accepted, and members that were left out.
    public let warnings: [String]
    let file: InputFile
    let arrays: [ArchivedArray]
    private let places: [TensorName: Int]

    /// `.npz`.
    public var format: ContainerFormat { .npz }

    /// Opens the archive at `path`.
    public init(_ path: String, options: NumPyOptions = NumPyOptions()) throws(TensorFileError) {
        try self.init(InputFile(path), options: options)
    }

    /// Opens the archive `file`, which may be in memory.
    public init(_ file: InputFile, options: NumPyOptions = NumPyOptions()) throws(TensorFileError) {
        let path = file.path
        var arrays: [ArchivedArray] = []
        var warnings: [String]
        var places: [TensorName: Int] = [:]
        do throws(TensorFileError) {
            let directory = try ZipDirectory(file, options: options)
            warnings = directory.warnings
            try Self.refuseTorch(directory)
            for member in directory.members {
                guard !member.entry.isFolder, member.entry.name.utf8.suffix(4).elementsEqual(".npy".utf8) else {
                    try Self.passOver(member.entry.name, strictness: options.strictness, &warnings)
                    continue
                }
                do throws(TensorFileError) {
                    let array = try ArchivedArray(member, in: file, options: options)
                    places[TensorName(array.payload.tensor.name)] = arrays.count
                    arrays.append(array)
                } catch {
                    guard error.kind == .unsupported, options.skipsForeignTypes else { throw error }
                    warnings.append("\(error.place): left out: \(error.cause)")
                }
            }
        } catch { throw error.inFile(path) }
        self.path = path
        self.file = file
        self.arrays = arrays
        self.warnings = warnings
        self.places = places
        tensors = arrays.map(\.payload.tensor)
    }

    /// Where a tensor's bytes stand: for stored members that are little-endian, in C order and not of booleans.
    ///
    /// Bytes read there have no checksum compared (`verifyChecksums` does that), and their offset need not be aligned.
    public func location(of tensor: TensorDescriptor) -> TensorLocation? {
        guard let array = try? array(tensor), array.payload.isPlain else { return nil }
        return array.payload.location
    }

    /// Streams a tensor, little-endian and in C order; the checksum is compared at the end.
    ///
    /// An array in Fortran order takes memory: a slab of 64 MiB (or 4 KiB of each column where that is more) from a
    /// stored member, the whole array from a compressed one.
    public func stream(
        _ tensor: TensorDescriptor,
        chunkBytes: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let array = try array(tensor)
        do {
            try array.payload.stream(from: array.openData(in: file), chunkBytes: chunkBytes, body)
        } catch let error as TensorFileError {
            throw error.inFile(path)
        }
    }

    func array(_ tensor: TensorDescriptor) throws(TensorFileError) -> ArchivedArray {
        guard let index = places[TensorName(tensor.name)], tensors[index] == tensor else {
            throw missing(tensor.name, in: path)
        }
        return arrays[index]
    }

    /// PyTorch's archives (.pt, .pth, .bin) are ZIP files too; their weights can be found by way of a pickle only.
    private static func refuseTorch(_ directory: ZipDirectory) throws(TensorFileError) {
        let pickle = "data.pkl"
        let found = directory.members.first { $0.entry.name == pickle || $0.entry.name.hasSuffix("/" + pickle) }
        guard let found else { return }
        throw TensorFileError(
            .foreign,
            place: "member \"\(found.entry.name)\"",
            cause: "this is a PyTorch checkpoint, a ZIP archive around a pickle, not an .npz archive",
            remedy: "pickles can run code and are never read; save as safetensors where the file comes from"
        )
    }

    private static func passOver(
        _ name: String,
        strictness: Strictness,
        _ warnings: inout [String]
    ) throws(TensorFileError) {
        guard strictness != .strict else {
            throw TensorFileError(
                .unsupported,
                place: "member \"\(name)\"",
                cause: "it is no .npy array",
                remedy: "remove it from the archive"
            )
        }
        warnings.append("member \"\(name)\" is no .npy array and is left out")
    }
}

/// An array in an archive: where its member is, and what its header says.
struct ArchivedArray: Sendable {
    let member: ZipMember
    let payload: ArrayPayload

    /// Reads the array's header and compares its size with the member's; unpacks no more than the header.
    init(_ member: ZipMember, in file: InputFile, options: NumPyOptions) throws(TensorFileError) {
        self.member = member
        let size = member.entry.size
        do throws(TensorFileError) {
            let bytes = try MemberBytes(member, in: file)
            let header = try NumPyHeader(available: size, options: options) { (count) throws(TensorFileError) in
                try bytes.read(count)
            }
            let tensor = try header.descriptor(name: String(member.entry.name.dropLast(4)))
            guard tensor.byteCount == size - header.byteCount else {
                throw TensorFileError(
                    .mismatch,
                    place: "data",
                    cause: "shape \(tensor.shape) of \(tensor.type.name) takes \(tensor.byteCount) bytes, "
                        + "the member has \(size - header.byteCount)",
                    remedy: "the file is damaged; save the array again"
                )
            }
            let isStored = member.entry.method == ZipMethod.stored.rawValue
            payload = ArrayPayload(
                tensor: tensor,
                header: header,
                location: isStored
                    ? TensorLocation(
                        file: file,
                        offset: member.dataOffset + header.byteCount,
                        byteCount: tensor.byteCount
                    ) : nil,
                slabBytes: options.slabBytes
            )
        } catch { throw error.inMember(member.entry.name) }
    }

    /// The member's bytes from the start of the data on.
    func openData(in file: InputFile) throws(TensorFileError) -> MemberBytes {
        let bytes = try MemberBytes(member, in: file)
        // The header is part of what the checksum covers.
        _ = try bytes.read(payload.header.byteCount)
        return bytes
    }
}
