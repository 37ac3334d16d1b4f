import GGUF
import NumPy
import Safetensors
import TensorFile

/// Where tensors are to be written, and in which container.
public struct ContainerOutput: Sendable {
    /// The file's path; shards and an index are named after it.
    public var path: String
    /// The container.
    public var format: ContainerFormat
    /// The most bytes of tensors a shard holds; nil for one file.
    public var shardSize: Int?
    /// Whether an existing output may be replaced.
    public var isReplacing: Bool
    /// How .npz members are compressed.
    public var compression: NumPyCompression = .stored

    /// An output at `path`; the format follows from its ending where none is given.
    public init(_ path: String, format: ContainerFormat? = nil, shardSize: Int? = nil, isReplacing: Bool = false) throws
    {
        self.path = path
        self.shardSize = shardSize
        self.isReplacing = isReplacing
        if let format {
            self.format = format
            return
        }
        guard let ending = path.split(separator: ".").last.map(String.init),
            let known = ContainerFormat(rawValue: ending.lowercased())
        else {
            throw TensorFileError(
                .unsupported,
                file: path,
                place: "output",
                cause: "no known container has this ending",
                remedy: "end the name in .safetensors, .gguf, .npz or .npy"
            )
        }
        self.format = known
    }

    /// Starts the container: a sink that takes the bytes of `tensors`.
    public func makeSink(for tensors: [TensorDescriptor], metadata: ContainerMetadata) throws -> any TensorSink {
        switch format {
        case .safetensors:
            if let shardSize {
                return try ShardedSafetensorsWriter(
                    path,
                    tensors: tensors,
                    metadata: metadata.safetensorsTexts,
                    maximumShardSize: shardSize,
                    replacing: isReplacing
                )
            }
            return try SafetensorsWriter(
                path,
                tensors: tensors,
                metadata: metadata.safetensorsTexts,
                replacing: isReplacing
            )
        case .gguf:
            return try GGUFWriter(
                path,
                metadata: metadata.ggufMetadata(for: tensors),
                tensors: tensors,
                maximumShardBytes: shardSize,
                replacing: isReplacing
            )
        case .npz:
            return try NumPyArchiveWriter(path, tensors: tensors, compression: compression, replacing: isReplacing)
        case .npy:
            guard tensors.count == 1, let tensor = tensors.first else {
                throw TensorFileError(
                    .unsupported,
                    file: path,
                    place: "output",
                    cause: "\(tensors.count) tensors, an .npy file holds one",
                    remedy: "write an .npz archive"
                )
            }
            return try NumPyArrayWriter(path, tensor: tensor, replacing: isReplacing)
        }
    }
}
