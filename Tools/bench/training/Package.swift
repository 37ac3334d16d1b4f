// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "training-bench",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "seeconv", path: "../../..")],
    targets: [
        .executableTarget(
            name: "training-bench",
            dependencies: [
                .product(name: "LinearAlgebra", package: "seeconv"),
                .product(name: "Transformer", package: "seeconv"),
            ]
        )
    ]
)
