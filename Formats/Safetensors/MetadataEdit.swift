import TensorFile

extension SafetensorsFile {
    /// What replacing the metadata took.
    public enum MetadataEdit: Hashable, Sendable {
        /// The header alone was overwritten: the new text fits where the old one and its padding were.
        case inPlace
        /// The file was written anew.
        case rewritten
    }

    /// Gives the file at `path` the metadata `metadata`, without touching its tensors' bytes where the header's padding
    /// allows.
    ///
    /// An edit in place is not atomic: a power cut during it may damage the header. Pass `inPlace: false` to have the file
    /// written anew and renamed into place in any case. Fields that the format does not know are dropped.
    @discardableResult
    public static func replaceMetadata(
        ofFileAt path: String,
        with metadata: [(key: String, value: String)],
        inPlace: Bool = true
    ) throws(TensorFileError) -> MetadataEdit {
        let old = try SafetensorsFile(path)
        do throws(TensorFileError) {
            try SafetensorsFormat.checkUnique(metadata)
            let length = old.header.length
            if inPlace, let text = HeaderText(tensors: old.tensors, metadata: metadata, fitting: length) {
                try old.file.overwriteInPlace(text.bytes, at: 0)
                return .inPlace
            }
            let output = try OutputFile(path, replacing: true)
            try output.append(HeaderText(tensors: old.tensors, metadata: metadata).bytes)
            try old.copyData(to: output)
            try output.commit()
            return .rewritten
        } catch {
            throw error.inFile(path)
        }
    }

    /// Appends the data section to `output`. Strict reading has proved that tensors in their order are all of it.
    private func copyData(to output: OutputFile) throws(TensorFileError) {
        let end = header.dataOffset + header.dataByteCount
        var offset = header.dataOffset
        while offset < end {
            let chunk = try file.bytes(at: offset, count: min(1 << 22, end - offset))
            try output.append(chunk)
            offset += chunk.count
        }
    }
}
