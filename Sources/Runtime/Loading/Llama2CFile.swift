import TensorFile
import Transformer

/// A model file of llama2.c (version 0): seven 32-bit numbers, then F32 tensors in a fixed order, those of one kind for
/// all layers together. There are no names; those given here are llama.cpp's.
struct Llama2CFile: TensorSource {
    let path: String
    let tensors: [TensorDescriptor]
    let warnings: [String] = []
    /// What the header says.
    let configuration: DecoderConfiguration
    private let file: InputFile
    private let offsets: [TensorName: Int]

    /// Not a container of its own kind in the package: what is said of safetensors (plain numbers in one piece) holds.
    var format: ContainerFormat { .safetensors }

    private static let headerBytes = 28

    /// The names under which the tensors are found.
    static let names = DecoderArchitecture.llama.gguf

    /// Opens the file at `path` and proves that its size is what its header makes it.
    init(_ path: String) throws(TensorFileError) {
        self.path = path
        let file = try InputFile(path)
        func failure(_ place: String, _ cause: String) -> TensorFileError {
            TensorFileError(
                .malformed,
                file: path,
                place: place,
                cause: cause,
                remedy: "name a model file of llama2.c, version 0, or convert the model to GGUF"
            )
        }
        guard file.size >= Self.headerBytes else { throw failure("header", "\(file.size) bytes are no model") }
        let header = try file.bytes(at: 0, count: Self.headerBytes)
        let numbers = stride(from: 0, to: Self.headerBytes, by: 4).map { place in
            Int(Int32(truncatingIfNeeded: (0..<4).reduce(0) { $0 | Int(header[place + $1]) << (8 * $1) }))
        }
        let sizes: [(String, Int, ClosedRange<Int>)] = [
            ("dim", numbers[0], 1...1 << 20), ("hidden_dim", numbers[1], 1...1 << 24),
            ("n_layers", numbers[2], 1...DecoderConfiguration.maximumLayers), ("n_heads", numbers[3], 1...1 << 16),
            ("n_kv_heads", numbers[4], 1...1 << 16), ("vocab_size", abs(numbers[5]), 1...1 << 28),
            ("seq_len", numbers[6], 1...1 << 28),
        ]
        for (name, value, range) in sizes where !range.contains(value) {
            throw failure("header, \(name)", "\(value) is no size of a model")
        }
        let (width, inner, layers, heads, keyHeads) = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
        let (vocabulary, context) = (abs(numbers[5]), numbers[6])
        guard width % heads == 0, (width / heads) % 2 == 0 else {
            throw failure("header", "\(width) numbers do not divide into \(heads) heads of even width")
        }
        let headWidth = width / heads
        let configuration = DecoderConfiguration(
            vocabularySize: vocabulary,
            width: width,
            layerCount: layers,
            heads: heads,
            keyValueHeads: keyHeads,
            headWidth: headWidth,
            innerWidth: inner,
            normEpsilon: 1e-5,
            contextLength: context,
            rotaryWidth: headWidth,
            rotaryBase: 10_000,
            // A negative size says that the head has weights of its own.
            tiesEmbeddings: numbers[5] > 0
        )
        try configuration.check(in: path)

        var placed: [TensorDescriptor] = []
        var places: [TensorName: Int] = [:]
        var offset = Self.headerBytes
        func add(_ name: String, _ shape: [Int]) throws(TensorFileError) {
            let tensor = try TensorDescriptor(name: name + ".weight", type: .float32, shape: shape)
            guard let next = offset.adding(exactly: tensor.byteCount), next <= file.size else {
                throw failure("tensor \"\(tensor.name)\"", "the file of \(file.size) bytes ends before it")
            }
            placed.append(tensor)
            places[TensorName(tensor.name)] = offset
            offset = next
        }
        func addLayers(_ part: String, _ shape: [Int]) throws(TensorFileError) {
            for layer in 0..<layers { try add(Self.names.layer(layer, part), shape) }
        }
        try add(Self.names.embedding, [vocabulary, width])
        try addLayers(Self.names.attentionNorm, [width])
        try addLayers(Self.names.attentionInput[0], [width, width])
        try addLayers(Self.names.attentionInput[1], [keyHeads * headWidth, width])
        try addLayers(Self.names.attentionInput[2], [keyHeads * headWidth, width])
        try addLayers(Self.names.attentionOutput, [width, width])
        try addLayers(Self.names.feedForwardNorm, [width])
        try addLayers(Self.names.gateAndUp[0], [inner, width])
        try addLayers(Self.names.down, [width, inner])
        try addLayers(Self.names.gateAndUp[1], [inner, width])
        try add(Self.names.norm, [width])
        // Tables of sines and cosines, which are computed here.
        guard let tables = context.multiplied(exactlyBy: headWidth * 4), let rest = offset.adding(exactly: tables),
            rest <= file.size
        else { throw failure("rotary tables", "the file ends inside them") }
        offset = rest
        if configuration.tiesEmbeddings == false { try add(Self.names.head, [vocabulary, width]) }
        guard offset == file.size else {
            throw failure("byte \(offset)", "\(file.size - offset) bytes follow the last tensor")
        }
        self.file = file
        self.configuration = configuration
        tensors = placed
        offsets = places
    }

    func location(of tensor: TensorDescriptor) -> TensorLocation? {
        offsets[TensorName(tensor.name)].map {
            TensorLocation(file: file, offset: $0, byteCount: tensor.byteCount)
        }
    }

    func stream(
        _ tensor: TensorDescriptor,
        chunkBytes: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard let location = location(of: tensor) else {
            throw TensorFileError(
                .missing,
                file: path,
                place: "tensor \"\(tensor.name)\"",
                cause: "it is not in the file",
                remedy: "choose one of the file's own tensors"
            )
        }
        try streamLocated(tensor, at: location, chunkBytes: chunkBytes, body)
    }
}
