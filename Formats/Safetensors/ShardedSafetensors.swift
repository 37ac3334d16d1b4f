import TensorFile

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A sharded checkpoint open for reading: an index and the safetensors files that it names.
///
/// The shards' tensors must be the index's, each in the shard that the index says.
public struct ShardedSafetensors: TensorSource {
    /// The index.
    public let index: SafetensorsIndex
    /// The open files, in the order of `index.shards`.
    public let shards: [SafetensorsFile]
    /// The path of the index, as the caller gave it.
    public let path: String
    /// The tensors, shard by shard, in the order of their bytes.
    public let tensors: [TensorDescriptor]
    private let shardByTensor: [TensorName: Int]
    private let findings: [StructureFinding]

    /// Opens the index at `path` and every shard.
    ///
    /// In lenient reading a shard may hold tensors that the index does not name.
    public init(_ path: String, strictness: Strictness = .strict) throws(TensorFileError) {
        do throws(TensorFileError) {
            let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
            let index = try ShardedSafetensors.readIndex(path)
            let shards = try ShardedSafetensors.open(index.shards, in: folder, strictness)
            let union = try ShardUnion(index, shards, strictness)
            var findings = index.findings + union.findings
            let total = shards.reduce(0) { $0?.adding(exactly: $1.header.dataByteCount) }
            if let claimed = index.totalSize, let total, claimed != total {
                let text = "total_size is \(claimed), the shards hold \(total) bytes"
                findings.append(StructureFinding(.warning, place: "index", text))
            }
            for name in ShardedSafetensors.strays(in: folder, besides: index.shards) {
                findings.append(StructureFinding(.warning, place: name, "the index does not name this file"))
            }
            (self.index, self.shards, self.path, self.findings) = (index, shards, path, findings)
            tensors = shards.flatMap(\.tensors)
            shardByTensor = union.shardByTensor
        } catch {
            throw error.inFile(path)
        }
    }

    /// safetensors.
    public var format: ContainerFormat { .safetensors }

    /// What was accepted although it breaks the format, in the index and in every shard.
    public var warnings: [String] {
        structureFindings().filter { $0.severity == .warning }.map(\.description)
    }

    /// The metadata of all shards; where several have a key, the first one's value.
    public var metadata: [(key: String, value: String)] {
        var keys: Set<TensorName> = []
        return shards.flatMap(\.metadata).filter { keys.insert(TensorName($0.key)).inserted }
    }

    /// The findings of the index and of every shard.
    public func structureFindings() -> [StructureFinding] {
        findings
            + zip(index.shards, shards).flatMap { name, shard in
                shard.header.structureFindings().map {
                    StructureFinding($0.severity, place: "\(name): \($0.place)", $0.text)
                }
            }
    }

    /// The tensor called `name`, in constant time.
    public func tensor(named name: String) -> TensorDescriptor? {
        shardByTensor[TensorName(name)].flatMap { shards[$0].tensor(named: name) }
    }

    /// Where `tensor` stands in its shard; nil for a tensor of another checkpoint.
    public func location(of tensor: TensorDescriptor) -> TensorLocation? {
        shardByTensor[TensorName(tensor.name)].flatMap { shards[$0].location(of: tensor) }
    }

    /// Reads `tensor` from first to last in chunks of whole blocks of its type and at most `chunkBytes`.
    public func stream(
        _ tensor: TensorDescriptor,
        chunkBytes: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard let location = location(of: tensor) else {
            throw TensorFileError(
                .missing,
                file: path,
                place: "tensor \"\(tensor.name)\"",
                cause: "the checkpoint has no such tensor",
                remedy: "list its tensors with seeconv inspect"
            )
        }
        try streamLocated(tensor, at: location, chunkBytes: chunkBytes, body)
    }
}

extension ShardedSafetensors {
    private static func readIndex(_ path: String) throws(TensorFileError) -> SafetensorsIndex {
        let file = try InputFile(path)
        guard file.size <= SafetensorsIndex.byteLimit else { throw SafetensorsIndex.tooLarge(file.size) }
        let text = try file.bytes(at: 0, count: file.size)
        return try SafetensorsIndex(parsing: text.span)
    }

    /// Opens every shard; all that are missing go into one error.
    private static func open(
        _ names: [String],
        in folder: String,
        _ strictness: Strictness
    ) throws(TensorFileError) -> [SafetensorsFile] {
        var (shards, missing): ([SafetensorsFile], [String]) = ([], [])
        for name in names {
            do throws(TensorFileError) {
                shards.append(try SafetensorsFile(folder + name, strictness: strictness))
            } catch {
                guard error.kind == .missing else { throw error }
                missing.append(name)
            }
        }
        guard missing.isEmpty else {
            throw TensorFileError(
                .missing,
                place: "index",
                cause: "missing shards: \(missing.listed)",
                remedy: "fetch them into the index's folder"
            )
        }
        return shards
    }

    /// The safetensors files in `folder` that the index does not name.
    private static func strays(in folder: String, besides shards: [String]) -> [String] {
        let listed = Set(shards.map(TensorName.init))
        let present = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        return present.filter { $0.hasSuffix(".safetensors") && !listed.contains(TensorName($0)) }.sorted()
    }
}

/// The proof that shards and index name the same tensors in the same places.
private struct ShardUnion {
    private(set) var shardByTensor: [TensorName: Int] = [:]
    private(set) var findings: [StructureFinding] = []

    init(_ index: SafetensorsIndex, _ shards: [SafetensorsFile], _ strictness: Strictness) throws(TensorFileError) {
        var (unlisted, misplaced): ([String], [String]) = ([], [])
        for (number, shard) in shards.enumerated() {
            for tensor in shard.tensors {
                let name = TensorName(tensor.name)
                if let other = shardByTensor.updateValue(number, forKey: name) {
                    throw TensorFileError(
                        .duplicate,
                        place: "tensor \"\(tensor.name)\"",
                        cause: "it stands in two shards, \(index.shards[other]) and \(index.shards[number])",
                        remedy: "fetch index and shards again, from one place"
                    )
                }
                switch index.shardByTensor[name] {
                case number: break
                case nil: unlisted.append(tensor.name)
                default: misplaced.append(tensor.name)
                }
            }
        }
        let absent = index.shardByTensor.keys.filter { shardByTensor[$0] == nil }.sorted().map(\.text)
        let isTolerable = strictness == .lenient && absent.isEmpty && misplaced.isEmpty
        guard isTolerable || unlisted.isEmpty && absent.isEmpty && misplaced.isEmpty else {
            let lists = [
                ("only in the index", absent), ("only in the shards", unlisted),
                ("in another shard than the index says", misplaced),
            ]
            throw TensorFileError(
                .mismatch,
                place: "index",
                cause: "index and shards disagree: "
                    + lists.filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.listed)" }.joined(separator: "; "),
                remedy: "fetch index and shards again, from one place"
            )
        }
        if !unlisted.isEmpty {
            findings.append(StructureFinding(.warning, place: "index", "only in the shards: \(unlisted.listed)"))
        }
    }
}

extension [String] {
    /// The first ten, and how many there are beyond.
    fileprivate var listed: String {
        prefix(10).joined(separator: ", ") + (count > 10 ? " and \(count - 10) more" : "")
    }
}
