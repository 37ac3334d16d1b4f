// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "kernels-bench",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "seeconv", path: "../../..")],
    targets: [
        .executableTarget(
            name: "kernels-bench",
            dependencies: [.product(name: "LinearAlgebra", package: "seeconv")]
        )
    ]
)
