import TensorFile

/// A container with GGUF metadata: a file, or a model of one or more files.
public protocol GGUFMetadataSource: TensorSource {
    /// The metadata in the file's order, unknown keys included.
    var metadata: GGUFMetadata { get }

    /// Everything worth knowing about the structure; reads the bytes between the tensors.
    func structureFindings() throws(TensorFileError) -> [StructureFinding]
}

extension GGUFMetadataSource {
    /// The value of the metadata's `key`.
    public subscript(key: String) -> GGUFValue? { metadata[key] }

    /// The value of a key that does not depend on the architecture.
    public subscript(key: GGUFKey) -> GGUFValue? { metadata[key] }
}
