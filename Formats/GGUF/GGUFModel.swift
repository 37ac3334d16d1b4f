import TensorFile

/// The tensors and the metadata of a model in GGUF: one file, or all files of a split read as one.
///
/// The first file of a split carries the metadata; each file carries its number, the count of files and the count of all
/// tensors. Every one of these statements is checked.
public struct GGUFModel: GGUFMetadataSource {
    /// The files, in order; one where the model is not split.
    public let files: [GGUFFile]
    /// The tensors in the order of the header.
    public let tensors: [TensorDescriptor]
    /// Oddities that were let through.
    public let warnings: [String]
    /// The metadata of the model: that of the first file, without the keys of the split.
    public let metadata: GGUFMetadata
    /// Which file holds the tensor of a name; empty where there is one file only.
    private let homes: [TensorName: Int]

    /// GGUF.
    public var format: ContainerFormat { .gguf }
    /// The path of the first file.
    public var path: String { files[0].path }

    /// Opens the file at `path`, which must be the first one of a split, and the files that belong to it.
    public init(_ path: String, strictness: Strictness = .strict) throws(TensorFileError) {
        let first = try GGUFFile(path, strictness: strictness)
        files = try Self.siblings(of: first, strictness)
        tensors = files.flatMap(\.tensors)
        warnings =
            files.count == 1
            ? first.warnings
            : files.flatMap { file in file.warnings.map { "\(file.path): \($0)" } }
        var metadata = first.metadata
        metadata.removeAll { GGUFSplit.keys.contains($0.key) }
        self.metadata = metadata
        homes = files.count == 1 ? [:] : try Self.homes(in: files)
    }

    /// The tensor called `name`.
    public func tensor(named name: String) -> TensorDescriptor? {
        home(of: name)?.tensor(named: name)
    }

    /// Where `tensor` stands; nil in big-endian files and for tensors of other files.
    public func location(of tensor: TensorDescriptor) -> TensorLocation? {
        home(of: tensor.name)?.location(of: tensor)
    }

    /// Reads `tensor`'s bytes, little-endian, and hands them over in chunks of whole blocks.
    public func stream(
        _ tensor: TensorDescriptor,
        chunkBytes: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        // A tensor that no file has gets the first file's error.
        try (home(of: tensor.name) ?? files[0]).stream(tensor, chunkBytes: chunkBytes, body)
    }

    /// The findings of every file; where there are several, places begin with the file's name.
    public func structureFindings() throws(TensorFileError) -> [StructureFinding] {
        guard files.count > 1 else { return try files[0].structureFindings() }
        var all: [StructureFinding] = []
        for file in files {
            let name = file.path.split(separator: "/").last ?? ""
            for finding in try file.structureFindings() {
                all.append(StructureFinding(finding.severity, place: "\(name): \(finding.place)", finding.text))
            }
        }
        return all
    }

    private func home(of name: String) -> GGUFFile? {
        files.count == 1 ? files[0] : homes[TensorName(name)].map { files[$0] }
    }

    private static func siblings(
        of first: GGUFFile,
        _ strictness: Strictness
    ) throws(TensorFileError) -> [GGUFFile] {
        guard let split = try GGUFSplit(first), split.count > 1 else { return [first] }
        guard let name = GGUFSplitName(first.path), name.count == split.count else {
            throw TensorFileError(
                .mismatch,
                file: first.path,
                place: "file name",
                cause: "the file is one of \(split.count), but its name does not say so",
                remedy: "give the files the names prefix-00001-of-\(split.count).gguf and so on, with five digits"
            )
        }
        guard split.number == 0, name.number == 1 else {
            throw TensorFileError(
                .mismatch,
                file: first.path,
                place: "key \(GGUFKey.splitNumber.name)",
                cause: split.number + 1 == name.number
                    ? "this is file \(name.number) of a split"
                    : "file \(name.number) by its name says that it is file \(split.number + 1)",
                remedy: "open the first file, \(name.sibling(1).path)"
            )
        }
        var files = [first]
        for number in 2...split.count {
            let file = try Self.open(name.sibling(number), strictness)
            try split.check(file, number: number - 1, first: first)
            files.append(file)
        }
        let total = files.reduce(0) { $0 + $1.tensors.count }
        guard total == split.tensorCount else {
            throw TensorFileError(
                .mismatch,
                file: first.path,
                place: "key \(GGUFKey.splitTensorCount.name)",
                cause: "\(split.tensorCount) tensors are promised, the files have \(total)",
                remedy: "the files are damaged or belong to different models; fetch them again"
            )
        }
        return files
    }

    private static func open(_ name: GGUFSplitName, _ strictness: Strictness) throws(TensorFileError) -> GGUFFile {
        do throws(TensorFileError) {
            return try GGUFFile(name.path, strictness: strictness)
        } catch  where error.kind == .missing {
            throw TensorFileError(
                .missing,
                file: name.path,
                place: "file \(name.number) of \(name.count)",
                cause: "the split is not complete",
                remedy: "fetch this file into the same folder"
            )
        }
    }

    private static func homes(in files: [GGUFFile]) throws(TensorFileError) -> [TensorName: Int] {
        var homes: [TensorName: Int] = [:]
        for (number, file) in files.enumerated() {
            for tensor in file.tensors {
                guard let other = homes.updateValue(number, forKey: TensorName(tensor.name)) else { continue }
                throw TensorFileError(
                    .duplicate,
                    file: file.path,
                    place: "tensor \"\(tensor.name)\"",
                    cause: "\(files[other].path) has a tensor of this name too",
                    remedy: "the files belong to different models; fetch them again"
                )
            }
        }
        return homes
    }
}
