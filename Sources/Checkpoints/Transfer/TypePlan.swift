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
    /// Whole numbers stay what they are. Block types are for matrices; one whose rows are no whole blocks of the type gets
    /// the first of `substitutes` whose blocks fit, as in llama.cpp. Vectors (norms, biases) in GGUF are F32 at least, because
    /// ggml's kernels add and multiply by no other. Without a target, a type that the container cannot hold becomes F32
    /// where it can be decoded, or a wider integer.
    public func type(of tensor: TensorDescriptor) throws(TensorFileError) -> ElementType {
        let numeric = tensor.type.isFloatingPoint || tensor.type.isBlockQuantised
        if let target, numeric {
            if container == .gguf, tensor.shape.count < 2, target != .float64 { return .float32 }
            guard target.isBlockQuantised else { return target }
            guard tensor.shape.count >= 2 else { return .float32 }
            let fitting = ([target] + target.substitutes).first { tensor.rowLength % $0.geometry.elements == 0 }
            return fitting ?? .float16
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
    /// Types of shorter blocks and no fewer bits that stand in for a block type where rows are no whole blocks of it;
    /// llama.cpp's choice, with Q4_0 for IQ4_NL, which is as large and is not written here.
    fileprivate var substitutes: [ElementType] {
        switch self {
        case .q2_K, .q3_K, .tq1_0, .tq2_0, .nvfp4, .q1_0, .q2_0: [.q4_0]
        case .q4_K: [.q5_0]
        case .q5_K: [.q5_1]
        case .q6_K: [.q8_0]
        default: []
        }
    }

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
