import TensorFile

/// Which element type each tensor gets when a checkpoint is converted to one type.
public struct TypePlan: Sendable {
    /// The type asked for; nil keeps every tensor's own.
    public var target: ElementType?
    /// The container that will hold the result.
    public var container: ContainerFormat

    /// A plan for `target` in `container`.
    public init(target: ElementType?, container: ContainerFormat) {
        self.target = target
        self.container = container
    }

    /// The type of `tensor` in the output.
    ///
    /// Whole numbers stay what they are. Block types are for matrices whose rows are whole blocks; vectors (norms,
    /// biases) and other matrices then become F32, as llama.cpp keeps them. Without a target, a type that the container
    /// cannot hold becomes F32 where it can be decoded, or a wider integer.
    public func type(of tensor: TensorDescriptor) throws(TensorFileError) -> ElementType {
        let numeric = tensor.type.isFloatingPoint || tensor.type.isBlockQuantised
        if let target, numeric {
            guard target.isBlockQuantised else { return target }
            let fits = tensor.shape.count >= 2 && tensor.rowLength % target.geometry.elements == 0
            return fits ? target : .float32
        }
        if container.holds(tensor.type) { return tensor.type }
        if !numeric, let wider = tensor.type.widerInteger, container.holds(wider) { return wider }
        guard numeric, tensor.type.isDecodable else {
            throw TensorFileError(
                .unsupported,
                place: "tensor \"\(tensor.name)\"",
                cause: "\(container.rawValue) has no type for \(tensor.type.name)",
                remedy: "choose another output format"
            )
        }
        return .float32
    }
}

extension ElementType {
    /// The smallest signed integer type that holds every value of an unsigned or truth type.
    fileprivate var widerInteger: ElementType? {
        switch self {
        case .bool: .int8
        case .uint8: .int16
        case .uint16: .int32
        case .uint32: .int64
        default: nil
        }
    }
}

extension ContainerFormat {
    /// Whether the container has a code for `type`.
    public func holds(_ type: ElementType) -> Bool {
        switch self {
        case .safetensors: !type.isBlockQuantised && type != .complex128
        case .gguf:
            switch type {
            case .float32, .float16, .bfloat16, .float64, .int8, .int16, .int32, .int64: true
            default: type.isBlockQuantised
            }
        case .npz, .npy:
            switch type {
            case .float64, .float32, .float16, .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8, .bool,
                .complex64, .complex128:
                true
            default: false
            }
        }
    }
}
