// swift-tools-version: 6.2
import PackageDescription

/// A parser under fuzzing: one folder of `Targets` with one file that holds `LLVMFuzzerTestOneInput`, and the library whose
/// parser it calls. `run` finds the folders by itself; seeds come from the function of the same name in `seeds.py`.
let parsers: [(target: String, library: String)] = [
    ("FuzzSafetensorsHeader", "Safetensors"),
    ("FuzzShardIndex", "Safetensors"),
    ("FuzzGGUFHeader", "GGUF"),
    ("FuzzNumPyHeader", "NumPy"),
    ("FuzzZipDirectory", "NumPy"),
    ("FuzzZipMember", "NumPy"),
]

// A package of its own, so that ordinary builds never see the targets: they have no `main` without libFuzzer.
let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "seeconv", path: "../..")],
    targets: parsers.map { parser in
        .executableTarget(
            name: parser.target,
            dependencies: [.product(name: parser.library, package: "seeconv")],
            path: "Targets/\(parser.target)",
            swiftSettings: [.enableExperimentalFeature("Lifetimes")]
        )
    }
)
