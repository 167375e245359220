// swift-tools-version: 6.2
import PackageDescription

/// Every target is built in Swift 6 mode with warnings as errors; `ExistentialAny` keeps dynamic dispatch visible.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

/// Generated code is built as it is: its warnings are the generator's.
let generated: [SwiftSetting] = []

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")
let grpc = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let grpcTransport = Target.Dependency.product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
let grpcProtobuf = Target.Dependency.product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOTLS", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOHTTP2", package: "swift-nio-http2"), .product(name: "NIOHPACK", package: "swift-nio-http2"),
]
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// One module of the house. Its allowed imports are the table in ARCHITECTURE.md, which the tidy tests enforce.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies, exclude: exclude, resources: resources,
        swiftSettings: strict)
}

/// A program that tests start as a process of its own.
func testProgram(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

/// The modules that any other may import (level 1 and 2, marked * in ARCHITECTURE.md).
let base: [Target.Dependency] = ["CryptoPrimitives", "FabricMessages", "LedgerModel"]

/// What the tests' own committees are made of.
let committee: [Target.Dependency] = base + ["TestSupport", "Identity", "ChannelConfiguration"]

let package = Package(
    name: "selvage",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "selvage", targets: ["selvage"]),
        .library(name: "Chaincode", targets: ["Chaincode"]),
        .library(name: "RecordSharing", targets: ["RecordSharing"]),
        .library(name: "SelvageClient", targets: ["SelvageClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2", exact: "1.46.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", exact: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", exact: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", exact: "2.4.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLevelDB", providers: [.apt(["libleveldb-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        module("CryptoPrimitives", ["COpenSSL", crypto, x509, asn1]),
        .target(name: "FabricMessages", dependencies: [protobuf], exclude: ["README.md"], swiftSettings: generated),
        module("LedgerModel", ["CryptoPrimitives", "FabricMessages", protobuf]),
        .target(
            name: "FabricServices", dependencies: ["FabricMessages", protobuf, grpc, grpcProtobuf], exclude: ["README.md"], swiftSettings: generated),
        .target(name: "EtcdServices", dependencies: [protobuf, grpc, grpcProtobuf], exclude: ["README.md"], swiftSettings: generated),
        module("RecordSharing", base),
        module("Identity", base + [x509, asn1]),
        module("Chaincode", []),
        module("ChannelConfiguration", base + ["Identity"]),
        module("ConfigurationText", base + ["ChannelConfiguration", "Identity", yaml]),
        module("Ledger", base + ["CLevelDB"]),
        module("Ordering", base + ["ChannelConfiguration", "Identity"]),
        module("ContractVM", base + ["Chaincode"]),
        module("Validation", base + ["ChannelConfiguration", "Identity"]),
        module("Endorsement", base + ["ContractVM", "ChannelConfiguration", "Identity"]),
        module("ChaincodeShim", base + ["Chaincode", "ContractVM"]),
        module("SystemContracts", base + ["CZlib", "Chaincode", "ContractVM", "ChannelConfiguration", "Identity", "RecordSharing"]),
        module(
            "SelvageClient",
            base + [
                "Identity", "RecordSharing", "FabricServices", "ConfigurationText", grpc, grpcTransport, grpcProtobuf,
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
            ]),
        module("Simulation", base + ["Ordering"]),
        module("Audit", base + ["Ledger", "Validation", "Endorsement", "SystemContracts", "ContractVM", "ChannelConfiguration", "Identity"]),
        module(
            "Node",
            base + [
                "CMalloc", "Ledger", "Ordering", "Validation", "Endorsement", "SystemContracts", "ContractVM", "ChannelConfiguration", "Identity",
                "RecordSharing", "Chaincode", "ChaincodeShim", "SelvageClient", "FabricServices", "EtcdServices", "ConfigurationText", grpc,
                grpcTransport, grpcProtobuf, protobuf,
            ] + nio),
        module(
            "Demonstration",
            base + ["Node", "Audit", "SelvageClient", "SystemContracts", "RecordSharing", "Identity", "ChannelConfiguration", "Ledger"]),
        .executableTarget(
            name: "selvage",
            dependencies: base + [
                "Node", "Demonstration", "Audit", "RecordSharing", "Simulation", "Ordering", "SystemContracts", "Ledger", "ConfigurationText",
                "ChannelConfiguration", "Identity", "SelvageClient", argumentParser,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "Benchmarks",
            dependencies: base + [
                "Chaincode", "ContractVM", "ChannelConfiguration", "Identity", "Validation", "Endorsement", "Ordering", "Ledger", "RecordSharing",
                "Node", "SelvageClient", "SystemContracts", "COpenSSL", crypto, argumentParser,
            ], path: "Benchmarks", swiftSettings: strict),
        .target(name: "CFuzzing", path: "Fuzzing/CFuzzing"),
        .target(
            name: "FuzzTargets",
            dependencies: base + [
                "ChannelConfiguration", "ConfigurationText", "Identity", "Ledger", "Validation", "Endorsement", "Ordering",
            ], path: "Fuzzing/Targets", swiftSettings: strict),
        .executableTarget(
            name: "Fuzzing", dependencies: base + ["CFuzzing", "FuzzTargets", argumentParser], path: "Fuzzing/Command", swiftSettings: strict),
        .target(name: "TestSupport", dependencies: ["CryptoPrimitives"], path: "Tests/TestSupport", swiftSettings: strict),
        .target(name: "CommitteeTestSupport", dependencies: committee, path: "Tests/CommitteeTestSupport", swiftSettings: strict),
        .target(name: "CrashSupport", dependencies: base + ["Ledger"], path: "Tests/CrashSupport", swiftSettings: strict),
        testProgram("CrashWriter", base + ["CrashSupport", "Ledger"]),
        testProgram("CrashMember", base + ["Ledger", "Node", "Ordering"]),
        testProgram(
            "WireHost",
            base + ["Node", "SelvageClient", "Identity", "ChannelConfiguration", "ContractVM", "SystemContracts", "Chaincode"]),
        testProgram("WireMember", base + ["CommitteeTestSupport", "Node", "Ordering", "Identity"]),
        .testTarget(
            name: "WireCommitteeTests",
            dependencies: base + [
                "CommitteeTestSupport", "TestSupport", "Identity", "ChannelConfiguration", "Validation", "FabricServices", "Ordering", grpc,
                grpcTransport,
                grpcProtobuf,
            ] + nio, swiftSettings: strict),
        .testTarget(
            name: "EtcdTests",
            dependencies: base + [
                "Node", "Ordering", "SelvageClient", "Identity", "ChannelConfiguration", "Validation", "EtcdServices", "TestSupport", grpc,
                grpcProtobuf,
            ] + nio, swiftSettings: strict),
        .testTarget(name: "CrashTests", dependencies: base + ["CrashSupport", "Ledger", "TestSupport"], swiftSettings: strict),
        tests("CryptoPrimitives", ["COpenSSL", crypto], resources: [.copy("Resources")]),
        tests("LedgerModel", ["CryptoPrimitives", "FabricMessages", protobuf]),
        tests("RecordSharing", base, resources: [.copy("Resources")]),
        tests("Identity", base, resources: [.copy("Resources")]),
        tests("Chaincode", []),
        tests("ChannelConfiguration", base + ["Identity"], resources: [.copy("Resources")]),
        tests("ConfigurationText", base + ["ChannelConfiguration", "Identity", "CommitteeTestSupport"]),
        tests("Ledger", base),
        tests("Ordering", base + ["ChannelConfiguration", "Identity", "Validation"], resources: [.copy("Resources")]),
        tests("ContractVM", base + ["Chaincode"]),
        tests("Validation", base + ["ChannelConfiguration", "Identity", "CommitteeTestSupport"], resources: [.copy("Resources/fabric")]),
        tests("Endorsement", base + ["ContractVM", "Chaincode", "ChannelConfiguration", "Identity"]),
        tests("ChaincodeShim", base + ["Chaincode", "ContractVM"], resources: [.copy("Resources")]),
        tests("SystemContracts", base + ["Chaincode", "ContractVM", "Identity", "RecordSharing"]),
        tests("SelvageClient", base + ["Identity", "RecordSharing"]),
        tests(
            "Node",
            base + [
                "Ledger", "SelvageClient", "Chaincode", "Identity", "ChannelConfiguration", "RecordSharing", "SystemContracts", "ContractVM",
                "CommitteeTestSupport", "Audit", "Validation", "ConfigurationText", "Endorsement", "ChaincodeShim", "FabricServices", grpc,
                grpcTransport, grpcProtobuf,
            ] + nio + [.product(name: "NIOEmbedded", package: "swift-nio")], resources: [.copy("Resources/recorded-clients")]),
        tests(
            "Audit",
            base + [
                "Ledger", "Ordering", "Validation", "Endorsement", "ContractVM", "SelvageClient", "Chaincode", "Identity", "ChannelConfiguration",
                "SystemContracts", "CommitteeTestSupport",
            ], exclude: ["Resources"]),
        tests("Simulation", base + ["Ordering"]),
        tests("Demonstration", base + ["RecordSharing", "Audit", "Ledger"]),
        .testTarget(
            name: "FuzzTests", dependencies: base + ["FuzzTargets", "TestSupport"], exclude: ["Corpus", "Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "StockClientTests", dependencies: ["TestSupport", "selvage"], exclude: ["Programs"], swiftSettings: strict),
        .testTarget(name: "TidyTests", dependencies: ["TestSupport"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
