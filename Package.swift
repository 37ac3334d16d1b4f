// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors where `SEECONV_STRICT` is set (CI); a user's newer compiler must not fail over a new warning.
let strict: [SwiftSetting] =
    [.enableUpcomingFeature("ExistentialAny"), .enableExperimentalFeature("Lifetimes")]
    + (Context.environment["SEECONV_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)])

func module(
    _ name: String,
    in folder: String,
    _ dependencies: [Target.Dependency] = [],
    exclude: [String] = []
) -> Target {
    .target(name: name, dependencies: dependencies, path: "\(folder)/\(name)", exclude: exclude, swiftSettings: strict)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.byName(name: name), "TestSupport"] + dependencies,
        path: "Tests/\(name)Tests",
        exclude: [],
        swiftSettings: strict
    )
}

// The house, ground floor first: a module depends only on modules listed above it.
let package = Package(
    name: "seeconv",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "Safetensors", targets: ["Safetensors"]),
        .library(name: "GGUF", targets: ["GGUF"]),
        .library(name: "NumPy", targets: ["NumPy"]),
        .library(name: "LinearAlgebra", targets: ["LinearAlgebra"]),
        .library(name: "Transformer", targets: ["Transformer"]),
        .library(name: "SEE", targets: ["SEE"]),
        .executable(name: "seeconv", targets: ["seeconv"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
    ],
    targets: [
        // Floor 0: C.
        .systemLibrary(name: "CZlib", path: "Formats/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CZstd",
            path: "Formats/CZstd",
            pkgConfig: "libzstd",
            providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]
        ),
        .target(name: "Kernels", path: "Sources/Kernels"),

        // Floor 1: bytes, text, numbers.
        module("JSONText", in: "Formats"),
        module("TensorFile", in: "Formats", ["Kernels"]),
        module("LinearAlgebra", in: "Sources", ["Kernels"]),

        // Floor 2: containers, tokens, the heart.
        module("Safetensors", in: "Formats", ["TensorFile", "JSONText"], exclude: ["README.md"]),
        module("GGUF", in: "Formats", ["TensorFile"], exclude: ["README.md"]),
        module("NumPy", in: "Formats", ["TensorFile", "Kernels", "CZlib", "CZstd"], exclude: ["README.md"]),
        module("Tokenizers", in: "Sources", ["JSONText"]),
        module("Lexicons", in: "Sources", ["JSONText", "Tokenizers"], exclude: ["README.md"]),
        module("Entanglement", in: "Sources", ["LinearAlgebra"], exclude: ["README.md"]),
        module("ResidualCoding", in: "Sources", ["Kernels", "LinearAlgebra"], exclude: ["README.md"]),

        // Floor 3: models.
        module("Transformer", in: "Sources", ["LinearAlgebra", "Kernels"], exclude: ["README.md"]),
        module(
            "Checkpoints",
            in: "Sources",
            [
                "Safetensors", "GGUF", "NumPy", "JSONText", "Tokenizers", "Lexicons", "Entanglement", "ResidualCoding",
            ]
        ),

        // Floor 4: what is done with models; verification runs them.
        module(
            "Runtime",
            in: "Sources",
            [
                "Transformer", "Checkpoints", "Entanglement", "GGUF", "NumPy", "TensorFile", "Tokenizers", "JSONText",
                "LinearAlgebra",
            ],
            exclude: ["README.md"]
        ),
        module(
            "Verification",
            in: "Sources",
            [
                "Runtime", "Transformer", "Checkpoints", "Safetensors", "GGUF", "NumPy", "Tokenizers", "Entanglement",
                "ResidualCoding", "TensorFile", "LinearAlgebra", "JSONText",
            ],
            exclude: ["README.md"]
        ),
        module(
            "Distillation",
            in: "Sources",
            [
                "Transformer", "Entanglement", "LinearAlgebra", "Kernels", "Checkpoints", "Runtime", "Verification",
                "Safetensors", "TensorFile", "Tokenizers", "JSONText",
            ],
            exclude: ["README.md"]
        ),
        module("SEE", in: "Sources", ["Checkpoints", "Verification", "Entanglement"]),

        // Floor 5: the command.
        .executableTarget(
            name: "seeconv",
            dependencies: [
                "Checkpoints", "Verification", "Safetensors", "GGUF", "NumPy", "Tokenizers", "Lexicons", "Entanglement",
                "ResidualCoding", "Transformer", "Runtime", "Distillation",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tools/seeconv",
            swiftSettings: strict
        ),

        // Tests mirror the modules.
        .target(name: "TestSupport", dependencies: ["Kernels"], path: "Tests/TestSupport", swiftSettings: strict),
        tests(of: "JSONText"),
        tests(of: "TensorFile"),
        tests(of: "LinearAlgebra", ["Kernels"]),
        tests(of: "Safetensors", ["TensorFile"]),
        tests(of: "GGUF", ["TensorFile"]),
        tests(of: "NumPy", ["TensorFile", "Kernels", "CZlib", "CZstd"]),
        tests(of: "Tokenizers", ["JSONText", "Checkpoints"]),
        tests(of: "Lexicons", ["Tokenizers"]),
        tests(of: "Entanglement", ["LinearAlgebra"]),
        tests(of: "ResidualCoding", ["LinearAlgebra"]),
        tests(
            of: "Checkpoints",
            ["Safetensors", "GGUF", "NumPy", "LinearAlgebra", "Tokenizers", "TensorFile", "Lexicons", "Entanglement"]
        ),
        tests(
            of: "Verification",
            [
                "Checkpoints", "Safetensors", "GGUF", "NumPy", "TensorFile", "LinearAlgebra", "Entanglement",
                "JSONText",
                "Transformer",
            ]
        ),
        tests(of: "Transformer", ["LinearAlgebra", "Kernels", "TensorFile"]),
        tests(
            of: "Runtime",
            ["Transformer", "Checkpoints", "Safetensors", "NumPy", "GGUF", "TensorFile", "LinearAlgebra"]
        ),
        tests(
            of: "Distillation",
            [
                "Transformer", "Entanglement", "LinearAlgebra", "Kernels", "Checkpoints", "Runtime", "Safetensors",
                "TensorFile", "JSONText",
            ]
        ),
        tests(of: "seeconv", ["Checkpoints", "Safetensors", "LinearAlgebra", "JSONText"]),
    ]
)
