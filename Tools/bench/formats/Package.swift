// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "formats-bench",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "seeconv", path: "../../..")],
    targets: [
        .executableTarget(
            name: "gguf-bench",
            dependencies: [.product(name: "GGUF", package: "seeconv")]
        ),
        .executableTarget(
            name: "numpy-bench",
            dependencies: [.product(name: "NumPy", package: "seeconv")]
        ),
        .executableTarget(
            name: "safetensors-bench",
            dependencies: [.product(name: "Safetensors", package: "seeconv")]
        ),
        .executableTarget(
            name: "values-bench",
            dependencies: [.product(name: "GGUF", package: "seeconv")]
        ),
    ]
)
