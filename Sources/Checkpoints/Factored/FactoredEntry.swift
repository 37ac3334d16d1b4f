import Entanglement
import JSONText
import LinearAlgebra
import ResidualCoding
import TensorFile

/// One table in factored form: what it replaces, and its parts.
public struct FactoredEntry: Sendable {
    /// The tensor that it replaces, as the source declared it.
    public var tensor: TensorDescriptor
    /// Tensors with the same values that it replaces too.
    public var ties: [String]
    /// The factors; nil where the residual holds everything.
    public var factors: StoredEmbedding?
    /// What the factors leave, coded; nil where nothing of it is kept.
    public var residual: StoredResidual?
    /// Rows that the layers do not stand for; nil for none.
    public var exceptions: StoredExceptions?

    /// An entry for `tensor`.
    public init(
        tensor: TensorDescriptor,
        ties: [String],
        factors: StoredEmbedding?,
        residual: StoredResidual? = nil,
        exceptions: StoredExceptions? = nil
    ) {
        self.tensor = tensor
        self.ties = ties
        self.factors = factors
        self.residual = residual
        self.exceptions = exceptions
    }

    /// The factor name, `model.embed_tokens`.
    public var name: String { FoundTable.factorName(of: tensor.name) }

    /// Bytes of all parts: what the byte ratio counts.
    public var byteCount: Int {
        (factors?.arrays ?? []).reduce(0) { $0 + $1.bytes.count } + (residual?.byteCount ?? 0)
            + (exceptions?.byteCount ?? 0)
    }

    /// The parts as tensors of `container`.
    func outputs(for container: ContainerFormat) throws -> [OutputTensor] {
        try ((factors?.arrays ?? []) + (residual?.arrays ?? []) + (exceptions?.arrays ?? [])).map { array in
            let form = array.tensorForm(in: container)
            let name = FactoredLayout.name(of: array.name, in: name)
            return OutputTensor(
                try TensorDescriptor(name: name, type: form.type, shape: form.shape),
                .bytes(array.bytes)
            )
        }
    }

    /// The entry's part of the JSON description.
    var json: JSONValue {
        var members: [JSONValue.Member] = []
        func add(_ key: String, _ value: JSONValue) { members.append(JSONValue.Member(key: key, value: value)) }
        add("name", .string(name))
        add("tensor", .string(tensor.name))
        add("type", .string(tensor.type.name))
        add("shape", .array(tensor.shape.map { .integer($0) }))
        add("ties", .array(ties.map { .string($0) }))
        add("bytes", .integer(byteCount))
        if let factors {
            let attributes = factors.attributes.map { JSONValue.Member(key: $0.name, value: $0.value.json) }
            add("factors", .object(attributes))
            add("parts", .array(factors.arrays.map { .string($0.name) }))
        }
        if let residual { add("residual", residual.json) }
        if let exceptions { add("exceptions", exceptions.json) }
        return .object(members)
    }
}

extension StoredEmbedding.Array {
    /// How the array stands in a container: F32 and F16 as such, all else as plain bytes (GGUF has only signed ones).
    fileprivate func tensorForm(in container: ContainerFormat) -> (type: ElementType, shape: [Int]) {
        if case .factors(.float32) = element { return (.float32, shape) }
        if case .factors(.float16) = element { return (.float16, shape) }
        return (container == .gguf ? .int8 : .uint8, [bytes.count])
    }
}

extension StoredEmbedding.Attribute {
    fileprivate var json: JSONValue {
        switch self {
        case .integer(let value): .integer(value)
        case .integers(let values): .array(values.map { .integer($0) })
        case .text(let text): .string(text)
        }
    }

    fileprivate init?(_ json: JSONValue) {
        if let value = json.int {
            self = .integer(value)
        } else if let text = json.string {
            self = .text(text)
        } else if let elements = json.elements {
            let values = elements.compactMap(\.int)
            guard values.count == elements.count else { return nil }
            self = .integers(values)
        } else {
            return nil
        }
    }
}

extension FactoredEntry {
    /// Reads the entry that `json` describes from `source`; nothing of it is trusted.
    init(reading json: JSONValue, from source: any TensorSource) throws {
        func failure(_ place: String, _ cause: String) -> TensorFileError {
            TensorFileError(
                .malformed,
                file: source.path,
                place: "see, \(place)",
                cause: cause,
                remedy: "export the model again"
            )
        }
        guard let tensorName = json["tensor"]?.string,
            let type = json["type"]?.string.flatMap(ElementType.init(named:)),
            let shape = json["shape"]?.elements?.compactMap(\.int), shape.count == 2
        else { throw failure("tables", "tensor, type or shape are missing") }
        let hasFactors = json["factors"] != nil || json["residual"] == nil
        let attributes = json["factors"]?.members ?? []
        let parts = json["parts"]?.elements?.compactMap(\.string) ?? []
        guard !hasFactors || (!attributes.isEmpty && !parts.isEmpty) else {
            throw failure(tensorName, "factors or parts are missing")
        }
        tensor = try TensorDescriptor(name: tensorName, type: type, shape: shape)
        ties = json["ties"]?.elements?.compactMap(\.string) ?? []
        let table = FoundTable.factorName(of: tensorName)
        func read(_ part: String) throws -> (stored: TensorDescriptor, bytes: [UInt8]) {
            let name = FactoredLayout.name(of: part, in: table)
            guard let stored = source.tensor(named: name) else { throw failure(name, "this tensor is missing") }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(stored.byteCount)
            try source.stream(stored, chunkBytes: 1 << 20) { bytes.append(contentsOf: $0) }
            return (stored, bytes)
        }
        if let member = json["residual"] {
            guard let residual = try StoredResidual(member, shape: shape, part: { try read($0).bytes }) else {
                throw failure("\(tensorName), residual", "version or parts are missing")
            }
            self.residual = residual
        }
        if let member = json["exceptions"] {
            guard let exceptions = try StoredExceptions(member, of: tensor, part: { try read($0).bytes }) else {
                throw failure("\(tensorName), exceptions", "counts, rows and the table's shape contradict each other")
            }
            self.exceptions = exceptions
        }
        guard hasFactors else { return }
        let arrays = try parts.map { part in
            let (stored, bytes) = try read(part)
            let element: StoredEmbedding.Element =
                switch stored.type {
                case .float32: .factors(.float32)
                case .float16: .factors(.float16)
                default: .bytes
                }
            return StoredEmbedding.Array(name: part, element: element, shape: stored.shape, bytes: bytes)
        }
        factors = StoredEmbedding(
            attributes: try attributes.map { member in
                guard let value = StoredEmbedding.Attribute(member.value) else {
                    throw failure("\(tensorName), \(member.key)", "neither number, numbers nor text")
                }
                return (member.key, value)
            },
            arrays: arrays
        )
    }

    /// The table rebuilt, every size and index checked.
    public func table(in file: String) throws -> FactorTable {
        let layers = try layers(in: file)
        guard let exceptions else { return FactorTable(layers) }
        return FactorTable(try ExceptedTable(layers, exceptions, of: tensor))
    }

    /// The table rebuilt without its exceptions.
    func layers(in file: String) throws -> any FactoredTable {
        do {
            let embedding = try factors.map { try TableMethods.table(stored: $0) }
            let coded = try residual.map { try CodedResidual(stored: $0) }
            let shapes = [
                embedding.map { [$0.tokenCount, $0.dimension] }, coded.map { [$0.rowCount, $0.columnCount] },
            ]
            if let other = shapes.compactMap({ $0 }).first(where: { $0 != tensor.shape }) {
                throw TensorFileError(
                    .mismatch,
                    file: file,
                    place: name,
                    cause: "parts of \(other) for a table of \(tensor.shape)",
                    remedy: "factorize it again"
                )
            }
            guard let coded else {
                guard let embedding else {
                    throw TensorFileError(
                        .missing,
                        file: file,
                        place: name,
                        cause: "neither factors nor a residual are there",
                        remedy: "factorize it again"
                    )
                }
                return embedding
            }
            return LayeredTable(factors: embedding, residual: coded)
        } catch let error as EntanglementError {
            throw error.inFile(file, place: name)
        } catch let error as ResidualCodingError {
            throw error.inFile(file, place: name)
        }
    }
}

extension EntanglementError {
    /// The same as an error about a file.
    public func inFile(_ file: String, place: String) -> TensorFileError {
        let kind: TensorFileError.Kind =
            switch kind {
            case .size: .mismatch
            case .value: .value
            case .missing: .missing
            case .infeasible, .cancelled: .limit
            }
        return TensorFileError(kind, file: file, place: "\(place), \(part)", cause: cause, remedy: remedy)
    }
}

/// A factored table read by rows.
public struct FactorTable: TableReader {
    /// The factors.
    public let table: any FactoredTable

    /// The rows of `table`.
    public init(_ table: any FactoredTable) {
        self.table = table
    }

    /// Number of rows.
    public var rowCount: Int { table.tokenCount }
    /// Length of a row.
    public var columnCount: Int { table.dimension }
    /// Rows `range` in float32.
    public func rows(_ range: Range<Int>) -> Matrix { table.rows(range) }
}
