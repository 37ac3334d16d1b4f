import GGUF
import TensorFile

/// A tensor that a training changed: float32, whatever type the source has; an export gives it the source's type again.
public struct TrainedTensor: Sendable {
    /// The tensor of the source that it stands for.
    public let name: String
    /// Its shape in the source.
    public let shape: [Int]
    /// Its numbers, in C order.
    public let values: [Float]

    /// A tensor of these numbers.
    ///
    /// - Precondition: as many numbers as the shape says.
    public init(name: String, shape: [Int], values: [Float]) {
        precondition(shape.reduce(1, *) == values.count, "numbers do not fill the shape")
        (self.name, self.shape, self.values) = (name, shape, values)
    }

    /// The tensor as it is written beside the factors.
    func output() throws -> OutputTensor {
        let bytes = values.withUnsafeBytes { Array($0) }
        return OutputTensor(try TensorDescriptor(name: name, type: .float32, shape: shape), .bytes(bytes))
    }
}

/// The tensors of a source, some of which a training changed: those are taken from beside the factors.
struct TrainedSource: TensorSource {
    fileprivate let base: any TensorSource
    private let trained: any TensorSource
    let tensors: [TensorDescriptor]
    private let changed: [TensorName: TensorDescriptor]

    /// The tensors of `base`, of which those called like one of `trained` come from there.
    ///
    /// - Throws: kind `mismatch` for a tensor that the source lacks or has in another shape.
    init(_ base: any TensorSource, trained: any TensorSource) throws(TensorFileError) {
        var changed: [TensorName: TensorDescriptor] = [:]
        for tensor in trained.tensors where !FactoredLayout.isPart(tensor.name) {
            guard let twin = base.tensor(named: tensor.name), twin.shape == tensor.shape else {
                throw TensorFileError(
                    .mismatch,
                    file: trained.path,
                    place: "tensor \"\(tensor.name)\"",
                    cause: "trained in shape \(tensor.shape), which the source does not have",
                    remedy: "the factors belong to another model; factorize again"
                )
            }
            changed[TensorName(tensor.name)] = tensor
        }
        (self.base, self.trained, self.changed) = (base, trained, changed)
        tensors = base.tensors.map { changed[TensorName($0.name)] ?? $0 }
    }

    var format: ContainerFormat { base.format }
    var path: String { base.path }
    var warnings: [String] { base.warnings }

    private func holder(of tensor: TensorDescriptor) -> any TensorSource {
        changed[TensorName(tensor.name)] == nil ? base : trained
    }

    func tensor(named name: String) -> TensorDescriptor? { changed[TensorName(name)] ?? base.tensor(named: name) }

    func location(of tensor: TensorDescriptor) -> TensorLocation? { holder(of: tensor).location(of: tensor) }

    func stream(
        _ tensor: TensorDescriptor,
        chunkBytes: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try holder(of: tensor).stream(tensor, chunkBytes: chunkBytes, body)
    }
}

extension TensorSource {
    /// The GGUF model that the tensors come from, some of which a training may have changed; nil for other containers.
    public var ggufModel: GGUFModel? { self as? GGUFModel ?? (self as? TrainedSource)?.base as? GGUFModel }
}

extension Workspace {
    /// Opens the source with the tensors that a training changed in their places; the same as `openSource` where none was
    /// trained.
    public func openTrained() throws -> Checkpoint {
        let source = try openSource()
        guard isFactorized else { return source }
        let factors = try openFactors()
        guard factors.tensors.contains(where: { !FactoredLayout.isPart($0.name) }) else { return source }
        return source.replacing(try TrainedSource(source.source, trained: factors))
    }
}
