import TensorFile

/// What a file says about the split that it belongs to.
struct GGUFSplit {
    /// The file's number, from 0 on as in the metadata.
    let number: Int
    /// How many files there are, at least 1.
    let count: Int
    /// How many tensors all files have together.
    let tensorCount: Int

    /// The keys that say so.
    static let keys = Set([GGUFKey.splitNumber, .splitCount, .splitTensorCount].map(\.name))

    /// What `file` says; nil where it says nothing.
    init?(_ file: GGUFFile) throws(TensorFileError) {
        guard file[.splitCount] != nil || file[.splitNumber] != nil else { return nil }
        do throws(TensorFileError) {
            // Files hold 16 bits; other widths are taken as long as the numbers fit.
            count = try file.metadata.requiredInteger(GGUFKey.splitCount.name, in: 1...Int(UInt16.max))
            number = try file.metadata.requiredInteger(GGUFKey.splitNumber.name, in: 0...count - 1)
            tensorCount = try file.metadata.requiredInteger(GGUFKey.splitTensorCount.name, in: 0...Int(Int32.max))
        } catch {
            throw error.inFile(file.path)
        }
    }

    /// Checks that `file` is number `number` of the split that `first` began.
    func check(_ file: GGUFFile, number: Int, first: GGUFFile) throws(TensorFileError) {
        guard let other = try GGUFSplit(file) else {
            throw Self.mismatch(file, GGUFKey.splitNumber.name, "the file does not say which part of a split it is")
        }
        guard other.number == number else {
            throw Self.mismatch(
                file,
                GGUFKey.splitNumber.name,
                "file \(number + 1) by its name says that it is file \(other.number + 1)"
            )
        }
        guard other.count == count else {
            throw Self.mismatch(
                file,
                GGUFKey.splitCount.name,
                "the file says it is one of \(other.count), the first file says \(count)"
            )
        }
        guard other.tensorCount == tensorCount else {
            throw Self.mismatch(
                file,
                GGUFKey.splitTensorCount.name,
                "\(other.tensorCount) tensors here, \(tensorCount) in the first file"
            )
        }
        for entry in file.metadata.entries where !Self.keys.contains(entry.key) {
            guard let value = first[entry.key], value != entry.value else { continue }
            throw Self.mismatch(file, entry.key, "the first file has another value")
        }
    }

    private static func mismatch(_ file: GGUFFile, _ key: String, _ cause: String) -> TensorFileError {
        TensorFileError(
            .mismatch,
            file: file.path,
            place: "key \(key)",
            cause: cause,
            remedy: "the files belong to different models; fetch them again"
        )
    }
}
