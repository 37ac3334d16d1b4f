import LinearAlgebra
import NumPy
import TensorFile
import Transformer

/// Writes what an encoder or a translator computes for given tokens: hidden states of every layer, and scores where the
/// model has a head, for comparison with other implementations.
///
/// Tokens come as `[B, T]`, with a mask of the same shape where texts are of different lengths: its zeros are left out
/// of the computation, and their places hold zeros in the result.
public struct EncoderLogitsExport {
    /// Whole numbers in rows: ids, or a mask.
    public struct Rows {
        /// `[T]` or `[B, T]`.
        public let shape: [Int]
        /// All numbers, row after row.
        public let values: [Int]

        /// Reads whole numbers of any width from the `.npy` file at `path`.
        public init(at path: String) throws {
            (shape, values) = try LogitsExport.tokens(at: path)
        }

        var length: Int { shape.last ?? 0 }
        var count: Int { shape.count == 2 ? shape[0] : 1 }
        func row(_ index: Int) -> ArraySlice<Int> { values[index * length..<(index + 1) * length] }
    }

    private let tokens: Rows
    /// The places of each text that count.
    private let places: [[Int]]
    private let batch: RaggedBatch

    /// Tokens that count.
    public var tokenCount: Int { batch.tokens.count }

    /// The texts in `tokens`, of which `mask` tells the places that count, and `types` the kinds of text.
    ///
    /// - Throws: `TensorFileError` where shapes differ or the mask holds anything but 0 and 1.
    public init(_ tokens: Rows, mask: Rows? = nil, types: Rows? = nil) throws(TensorFileError) {
        for (name, other) in [("mask", mask), ("kinds of text", types)] {
            guard let other else { continue }
            guard other.shape == tokens.shape else {
                throw Self.mismatch(name, "shape \(other.shape) for tokens of shape \(tokens.shape)")
            }
        }
        if let bad = mask?.values.first(where: { $0 != 0 && $0 != 1 }) {
            throw Self.mismatch("mask", "\(bad) where 0 and 1 are expected")
        }
        self.tokens = tokens
        let places = (0..<tokens.count).map { text in
            let row = mask?.row(text)
            return (0..<tokens.length).filter { place in row.map { $0[$0.startIndex + place] == 1 } ?? true }
        }
        func chosen(_ rows: Rows) -> [[Int]] {
            places.enumerated().map { text, places in
                let row = rows.row(text)
                return places.map { row[row.startIndex + $0] }
            }
        }
        self.places = places
        batch = RaggedBatch(chosen(tokens), positions: places, types: types.map(chosen))
    }

    /// Runs `encoder` and writes `hidden_0` … `hidden_L` and `encoder_last`, all `[…, T, width]`, and `logits`
    /// `[…, T, V]` where the model fills blanks.
    public func write(_ model: SentenceEncoder, to path: String, replacing: Bool) throws {
        var output = LogitsArchive(shape: tokens.shape)
        let activations = EncoderActivations(model.encoder.shape, capacity: batch.tokens.count)
        let rows = flatPlaces
        let hidden = try model.encoder.forward(batch, activations: activations) { layer, state in
            output.set("hidden_\(layer)", state, at: rows)
        }
        output.set("encoder_last", hidden, at: rows)
        if let head = model.head {
            var scores = Matrix(rows: hidden.rows, columns: head.head.tokenCount)
            scores.withMutableView { head.forward(hidden, into: $0) }
            scores.withView { output.set("logits", $0, at: rows) }
        }
        try output.write(to: path, replacing: replacing)
    }

    /// Runs `translator` over the texts and the translations `target` `[…, U]` and writes `logits` `[…, U, V]`,
    /// `hidden_0` … `hidden_L` of the writing half `[…, U, width]`, and `encoder_last` `[…, T, width]`.
    public func write(_ translator: Translator, target: Rows, to path: String, replacing: Bool) throws {
        guard target.shape.dropLast() == tokens.shape.dropLast() else {
            throw Self.mismatch("decoder ids", "shape \(target.shape) for texts of shape \(tokens.shape)")
        }
        let model = translator.model
        var output = LogitsArchive(shape: target.shape)
        var source = LogitsArchive(shape: tokens.shape)
        let activations = EncoderActivations(model.encoder.shape, capacity: batch.tokens.count)
        source.set("encoder_last", try model.encoder.forward(batch, activations: activations), at: flatPlaces)
        let state = try TranslationState(model, reading: batch)
        var scores = Matrix(rows: target.count, columns: model.head.tokenCount)
        for step in 0..<target.length {
            let rows = (0..<target.count).map { $0 * target.length + step }
            try state.append(rows.map { target.values[$0] }) { layer, hidden in
                output.set("hidden_\(layer)", hidden, at: rows)
            } _: { hidden in
                scores.withMutableView { model.head.write(logitsOf: hidden, to: $0) }
            }
            scores.withView { output.set("logits", $0, at: rows) }
        }
        try output.merging(source).write(to: path, replacing: replacing)
    }

    /// The place of each computed token among all places of all texts.
    private var flatPlaces: [Int] {
        places.enumerated().flatMap { text, places in places.map { text * tokens.length + $0 } }
    }

    private static func mismatch(_ place: String, _ cause: String) -> TensorFileError {
        TensorFileError(
            .mismatch,
            place: place,
            cause: cause,
            remedy: "save arrays of the shape of the token ids"
        )
    }
}

/// Named arrays `[…, n]` in the making, whose rows come in any order.
private struct LogitsArchive {
    private let shape: [Int]
    private var arrays: [(tensor: TensorDescriptor, values: [Float])] = []
    private var names: [String: Int] = [:]
    private var failure: TensorFileError?

    init(shape: [Int]) { self.shape = shape }

    /// Puts the rows of `values` to the places `rows` of the array `name`.
    mutating func set(_ name: String, _ values: MatrixView<Float>, at rows: [Int]) {
        if names[name] == nil {
            do throws(TensorFileError) {
                let tensor = try TensorDescriptor(name: name, type: .float32, shape: shape + [values.columns])
                names[name] = arrays.count
                arrays.append((tensor, [Float](repeating: 0, count: tensor.elementCount)))
            } catch {
                failure = error
            }
        }
        guard let index = names[name] else { return }
        for (row, place) in rows.enumerated() {
            let source = UnsafeBufferPointer(start: values.base + row * values.rowStride, count: values.columns)
            let start = place * values.columns
            arrays[index].values.replaceSubrange(start..<start + values.columns, with: source)
        }
    }

    /// The arrays of both.
    func merging(_ other: LogitsArchive) -> LogitsArchive {
        var copy = self
        copy.arrays += other.arrays
        copy.failure = failure ?? other.failure
        return copy
    }

    /// Writes all arrays.
    func write(to path: String, replacing: Bool) throws {
        if let failure { throw failure }
        let writer = try NumPyArchiveWriter(path, tensors: arrays.map(\.tensor), replacing: replacing)
        for tensor in writer.order {
            guard let array = arrays.first(where: { $0.tensor.name.utf8.elementsEqual(tensor.name.utf8) }) else {
                continue
            }
            try array.values.withUnsafeBytes { try writer.append($0) }
        }
        try writer.finish()
    }
}
