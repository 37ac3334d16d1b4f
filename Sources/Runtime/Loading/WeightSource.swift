import Checkpoints
import LinearAlgebra
import TensorFile
import Transformer

/// A checkpoint's tensors as weights: mapped and used in place where the kernels know their type, decoded to F32 where
/// not. It remembers what was asked for, so that what nobody asked for can be named.
final class WeightSource {
    /// The path that was opened, for messages.
    let path: String
    /// The tensors.
    let source: any TensorSource
    private let factored: [TensorName: FactoredEntry]
    private let factorsPath: String
    private var maps: [String: MappedFile] = [:]
    private var used: Set<TensorName> = []
    private let tableForm: TableForm
    private var matrices: [TensorName: WeightMatrix] = [:]
    private var tables: [TensorName: any TokenTable] = [:]

    /// The tensors of `source`; those that `description` has in factored form, stored at `factorsPath`, come from there.
    init(
        path: String,
        source: any TensorSource,
        description: FactoredDescription? = nil,
        factorsPath: String? = nil,
        tableForm: TableForm = .dense
    ) {
        self.tableForm = tableForm
        self.path = path
        self.source = source
        self.factorsPath = factorsPath ?? path
        var factored: [TensorName: FactoredEntry] = [:]
        for entry in description?.entries ?? [] {
            for name in [entry.tensor.name] + entry.ties { factored[TensorName(name)] = entry }
        }
        self.factored = factored
    }

    /// Whether there is a tensor called `name`, stored or factored.
    func contains(_ name: String) -> Bool {
        factored[TensorName(name)] != nil || source.tensor(named: name) != nil
    }

    /// The shape of the tensor called `name`; nil where there is none.
    func shape(of name: String) -> [Int]? {
        factored[TensorName(name)]?.tensor.shape ?? source.tensor(named: name)?.shape
    }

    /// The matrix called `name`, which must have this shape; nil rows stand for any number.
    func matrix(_ name: String, rows: Int?, columns: Int) throws -> WeightMatrix {
        try checkShape(of: name, rows: rows, columns: columns)
        if let entry = factored[TensorName(name)] { return try matrix(of: entry) }
        guard let tensor = source.tensor(named: name) else { throw missing(name) }
        return try weights(of: tensor)
    }

    /// The table called `name`, of the same shape: from its factors where it has some and that is wanted, dense otherwise.
    ///
    /// - Parameter isHead: Whether it gives scores. A table that only gives vectors stays dense, unless factors are asked for:
    ///   nothing is as fast as a copy.
    func table(_ name: String, rows: Int?, columns: Int, isHead: Bool = true) throws -> any TokenTable {
        guard let entry = factored[TensorName(name)], tableForm != .dense, isHead || tableForm == .factored else {
            return DenseTable(try matrix(name, rows: rows, columns: columns))
        }
        try checkShape(of: name, rows: rows, columns: columns)
        let first = TensorName(entry.tensor.name)
        if let table = tables[first] { return table }
        let table = try tableForm.tokens(of: entry.table(in: factorsPath))
        tables[first] = table
        return table
    }

    /// Notes that the matrix called `name` is wanted, and refuses another shape than this.
    private func checkShape(of name: String, rows: Int?, columns: Int) throws {
        used.insert(TensorName(name))
        let shape = try self.requiredShape(of: name)
        guard shape.count == 2, shape[1] == columns, rows.map({ $0 == shape[0] }) ?? true else {
            throw mismatch(name, shape, expected: "[\(rows.map(String.init) ?? "any"), \(columns)]")
        }
    }

    /// The matrix called `name`, which must have this shape, in F32; nil rows stand for any number.
    func decodedMatrix(_ name: String, rows: Int?, columns: Int) throws -> Matrix {
        used.insert(TensorName(name))
        let shape = try self.requiredShape(of: name)
        guard shape.count == 2, shape[1] == columns, rows.map({ $0 == shape[0] }) ?? true else {
            throw mismatch(name, shape, expected: "[\(rows.map(String.init) ?? "any"), \(columns)]")
        }
        if let entry = factored[TensorName(name)] { return try entry.table(in: factorsPath).matrix() }
        guard let tensor = source.tensor(named: name) else { throw missing(name) }
        return Matrix(rows: shape[0], columns: columns, elements: try floats(of: tensor))
    }

    /// The vector called `name`, which must have `count` numbers, in one row or none, in F32.
    func vector(_ name: String, count: Int) throws -> [Float] {
        used.insert(TensorName(name))
        let shape = try self.requiredShape(of: name)
        guard let tensor = source.tensor(named: name), shape == [count] || shape == [1, count] else {
            throw mismatch(name, shape, expected: "[\(count)]")
        }
        return try floats(of: tensor)
    }

    /// The vector called `name` where there is one.
    func optionalVector(_ name: String, count: Int) throws -> [Float]? {
        contains(name) ? try vector(name, count: count) : nil
    }

    /// Refuses tensors that nobody has asked for, but for those whose names end in one of `ignored`.
    func checkNothingIsLeft(ignored: [String], family: String) throws(TensorFileError) {
        let extra = source.tensors.filter { tensor in
            !used.contains(TensorName(tensor.name)) && !FactoredLayout.isPart(tensor.name)
                && factored[TensorName(tensor.name)] == nil && !ignored.contains { tensor.name.hasSuffix($0) }
        }
        guard let first = extra.first else { return }
        throw TensorFileError(
            .mismatch,
            file: path,
            place: "tensor \"\(first.name)\"",
            cause: "a \(family) model of this configuration has no such tensor"
                + (extra.count > 1 ? " (and \(extra.count - 1) more)" : ""),
            remedy: "correct the configuration, or remove the tensors"
        )
    }

    // MARK: Reading

    /// The dense table of a factored entry, rebuilt once for all its names.
    private func matrix(of entry: FactoredEntry) throws -> WeightMatrix {
        let name = TensorName(entry.tensor.name)
        if let matrix = matrices[name] { return matrix }
        let matrix = WeightMatrix(try entry.table(in: factorsPath).matrix())
        matrices[name] = matrix
        return matrix
    }

    private func weights(of tensor: TensorDescriptor) throws -> WeightMatrix {
        let (rows, columns) = (tensor.shape[0], tensor.shape[1])
        if let format = WeightFormat(tensor.type) {
            if let location = source.location(of: tensor) {
                let map = try mapping(of: location.file)
                let bytes = UnsafeRawBufferPointer(
                    rebasing: map.buffer[location.offset..<location.offset + location.byteCount]
                )
                if format != .float32 || Int(bitPattern: bytes.baseAddress) % 4 == 0 {
                    return WeightMatrix(WeightMemory(bytes, ownedBy: map), as: format, rows: rows, columns: columns)
                }
            }
            // Compressed, of the other byte order or between addresses: a copy takes the mapping's place.
            let memory = try WeightMemory(byteCount: tensor.byteCount) { target in
                var done = 0
                try source.stream(tensor, chunkBytes: 1 << 20) { chunk in
                    UnsafeMutableRawBufferPointer(rebasing: target[done..<done + chunk.count]).copyMemory(from: chunk)
                    done += chunk.count
                }
            }
            return WeightMatrix(memory, as: format, rows: rows, columns: columns)
        }
        return WeightMatrix(Matrix(rows: rows, columns: columns, elements: try floats(of: tensor)))
    }

    private func floats(of tensor: TensorDescriptor) throws -> [Float] {
        guard tensor.type.isFloatingPoint || tensor.type.isBlockQuantised, tensor.type.isDecodable else {
            throw TensorFileError(
                .unsupported,
                file: path,
                place: "tensor \"\(tensor.name)\"",
                cause: "weights of type \(tensor.type.name) are not run",
                remedy: "convert the model to F32, F16, BF16 or a GGUF type"
            )
        }
        var values: [Float] = []
        values.reserveCapacity(tensor.elementCount)
        let geometry = tensor.type.geometry
        try source.stream(tensor, chunkBytes: 1 << 20) { chunk in
            values += try ValueCodec.floats(
                chunk,
                as: tensor.type,
                count: chunk.count / geometry.bytes * geometry.elements
            )
        }
        return values
    }

    private func mapping(of file: InputFile) throws -> MappedFile {
        if let map = maps[file.path] { return map }
        let map = try MappedFile(file)
        maps[file.path] = map
        return map
    }

    /// The error where neither a configuration file nor metadata tell the sizes of the model.
    var unknownSizes: TensorFileError {
        TensorFileError(
            .missing,
            file: path,
            place: "configuration",
            cause: "sizes of the model are not known",
            remedy: "name a model directory with config.json"
        )
    }

    private func requiredShape(of name: String) throws(TensorFileError) -> [Int] {
        guard let shape = shape(of: name) else { throw missing(name) }
        return shape
    }

    private func missing(_ name: String) -> TensorFileError {
        TensorFileError(
            .missing,
            file: path,
            place: "tensor \"\(name)\"",
            cause: "the model needs it and the checkpoint has none",
            remedy: "fetch the whole checkpoint, or correct the configuration"
        )
    }

    private func mismatch(_ name: String, _ shape: [Int], expected: String) -> TensorFileError {
        TensorFileError(
            .mismatch,
            file: path,
            place: "tensor \"\(name)\"",
            cause: "shape \(shape), the configuration makes it \(expected)",
            remedy: "the configuration belongs to another model; fetch both again"
        )
    }
}

extension WeightFormat {
    /// The type of tensors of this format.
    var elementType: ElementType? { ElementType.allCases.first { WeightFormat($0) == self } }

    /// The format of tensors of `type`; nil for types without kernels.
    init?(_ type: ElementType) {
        switch type {
        case .float32: self = .float32
        case .float16: self = .float16
        case .bfloat16: self = .bfloat16
        case .q4_0: self = .q4_0
        case .q4_1: self = .q4_1
        case .q5_0: self = .q5_0
        case .q5_1: self = .q5_1
        case .q8_0: self = .q8_0
        case .q2_K: self = .q2_K
        case .q3_K: self = .q3_K
        case .q4_K: self = .q4_K
        case .q5_K: self = .q5_K
        case .q6_K: self = .q6_K
        default: return nil
        }
    }
}
