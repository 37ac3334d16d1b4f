import TensorFile

/// A checkpoint on its way into another container or element type.
public struct Conversion {
    let checkpoint: Checkpoint
    /// The type of floating-point tensors in the output; nil keeps every tensor's own.
    let type: ElementType?

    /// A conversion of `checkpoint`.
    public init(of checkpoint: Checkpoint, to type: ElementType?) {
        self.checkpoint = checkpoint
        self.type = type
    }

    /// The tensors of the output. Parts of factored tables keep their bits, whatever the type asked for.
    public func outputs(for container: ContainerFormat) throws -> [OutputTensor] {
        if let type, !container.holds(type) || !type.isEncodable {
            throw TensorFileError(
                .unsupported,
                file: checkpoint.path,
                place: "--dtype \(type.name)",
                cause: container.holds(type)
                    ? "this type is read but not written" : "\(container.rawValue) has no code for it",
                remedy: "choose one of \(container.writableTypes.map(\.name).joined(separator: ", "))"
            )
        }
        let plan = TypePlan(target: type, container: container)
        let source = checkpoint.source
        var outputs = try source.tensors.map { tensor in
            if FactoredLayout.isPart(tensor.name) {
                let type = tensor.type.asBytes(in: container) ?? tensor.type
                return OutputTensor(
                    try TensorDescriptor(name: tensor.name, type: type, shape: tensor.shape),
                    .bits(tensor, in: source)
                )
            }
            return OutputTensor(
                try TensorDescriptor(name: tensor.name, type: plan.type(of: tensor), shape: tensor.shape),
                .stored(tensor, in: source)
            )
        }
        // The description is metadata where there is metadata, an array where there is none.
        let isDescription = { (output: OutputTensor) in output.descriptor.name == FactoredLayout.metadataKey }
        if container != .npz { outputs.removeAll(where: isDescription) }
        if container == .npz, !outputs.contains(where: isDescription), let text = try description()?.text {
            let bytes = Array(text.utf8)
            outputs.append(
                OutputTensor(
                    try TensorDescriptor(name: FactoredLayout.metadataKey, type: .uint8, shape: [bytes.count]),
                    .bytes(bytes)
                )
            )
        }
        return outputs
    }

    /// A sentence for each type that took over from the one asked for, because rows were no whole blocks of that.
    public func substitutions(in outputs: [OutputTensor]) -> [String] {
        guard let type, type.isBlockQuantised else { return [] }
        let replaced = outputs.map(\.descriptor).filter {
            $0.shape.count >= 2 && $0.rowLength % type.geometry.elements != 0
                && ($0.type.isBlockQuantised || $0.type == .float16)
        }
        return Dictionary(grouping: replaced, by: \.type).sorted { $0.key.name < $1.key.name }.map {
            substitute,
            tensors in
            "\(tensors.count) of \(outputs.count) tensors became \(substitute.name): their rows are no whole blocks of "
                + "\(type.geometry.elements) for \(type.name) (the first is \"\(tensors[0].name.escapingControls)\", rows of "
                + "\(tensors[0].rowLength))"
        }
    }

    /// What the output says besides its tensors.
    public func metadata() throws -> ContainerMetadata {
        var metadata = ContainerMetadata(of: checkpoint)
        if metadata.text(FactoredLayout.metadataKey) == nil, let text = try description()?.text {
            metadata.texts.append((FactoredLayout.metadataKey, text))
        }
        return metadata
    }

    private func description() throws -> FactoredDescription? { try FactoredDescription(reading: checkpoint.source) }
}

extension ElementType {
    /// The container's own type for plain bytes, where this is one: GGUF has only signed ones.
    fileprivate func asBytes(in container: ContainerFormat) -> ElementType? {
        guard self == .uint8 || self == .int8 else { return nil }
        return container == .gguf ? .int8 : .uint8
    }
}

extension ContainerFormat {
    /// The floating-point and block types that can be written into the container.
    public var writableTypes: [ElementType] {
        ElementType.allCases.filter { ($0.isFloatingPoint || $0.isBlockQuantised) && holds($0) && $0.isEncodable }
    }
}
