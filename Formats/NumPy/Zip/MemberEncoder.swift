import TensorFile

/// Packs members, one after the other; packed bytes go to `output` as they come.
protocol MemberEncoder: AnyObject {
    /// Begins a member of `size` bytes.
    func begin(size: Int) throws(TensorFileError)

    /// Takes the member's next bytes.
    func encode(
        _ bytes: UnsafeRawBufferPointer,
        output: (UnsafeRawBufferPointer) throws(TensorFileError) -> Void
    ) throws(TensorFileError)

    /// Ends the member.
    func finish(output: (UnsafeRawBufferPointer) throws(TensorFileError) -> Void) throws(TensorFileError)
}

/// The error of a compressor that refused to work.
func encoderFailure(_ library: String, _ cause: String) -> TensorFileError {
    TensorFileError(.system, place: library, cause: cause, remedy: "free memory and run again")
}

/// The error for a compression level that does not exist.
func levelOutOfRange(_ level: Int, _ range: ClosedRange<Int>) -> TensorFileError {
    TensorFileError(
        .value,
        place: "compression",
        cause: "level \(level) is outside \(range.lowerBound) to \(range.upperBound)",
        remedy: "choose a level in that range"
    )
}
