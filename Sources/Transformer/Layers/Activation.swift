import Kernels
import LinearAlgebra

/// What stands between the two products of a feed-forward part.
public enum Activation: Sendable, Hashable {
    /// x / 2 · (1 + erf(x / √2)) (Hendrycks, Gimpel 2016).
    case gelu
    /// The same with erf by way of tanh: x / 2 · (1 + tanh(√(2/π) (x + 0.044715 x³))).
    case geluTanh
    /// max(x, 0)
    case relu
    /// x / (1 + e⁻ˣ), also called swish.
    case silu

    /// The activation that Hugging Face's configurations call `name`; nil for others.
    public init?(huggingFace name: String) {
        switch name {
        case "gelu": self = .gelu
        case "gelu_new", "gelu_pytorch_tanh", "gelu_fast": self = .geluTanh
        case "relu": self = .relu
        case "silu", "swish": self = .silu
        default: return nil
        }
    }

    /// The names that `init(huggingFace:)` knows.
    public static let huggingFaceNames = [
        "gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "relu", "silu", "swish",
    ]

    var kernel: see_activation {
        switch self {
        case .gelu: SEE_GELU
        case .geluTanh: SEE_GELU_TANH
        case .relu: SEE_RELU
        case .silu: SEE_SILU
        }
    }

    /// Replaces x by its activation.
    public func forward(_ x: MutableMatrixView<Float>) {
        let kernel = kernel
        Parallel.forEachChunk(of: x.rows, size: max(1, (1 << 15) / max(1, x.columns))) { rows in
            for row in rows { see_activate(kernel, x.base + row * x.rowStride, x.columns) }
        }
    }
}
