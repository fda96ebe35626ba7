// swift-tools-version:6.1

import PackageDescription

let package = Package(
  name: "greeter",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "greeter", targets: ["greeter"]),
    // For the other examples, which greet in other frameworks or call the greeter.
    .library(name: "GreeterService", targets: ["GreeterService"]),
    .library(name: "GreeterApp", targets: ["GreeterApp"]),
  ],
  dependencies: [
    .package(name: "sonora", path: "../..", traits: ["Hummingbird"]),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.5.0"),
    .package(url: "https://github.com/grpc/grpc-swift-2.git", from: "2.3.0"),
    .package(url: "https://github.com/grpc/grpc-swift-protobuf.git", from: "2.1.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.16.0"),
  ],
  targets: [
    .target(
      name: "GreeterService",
      dependencies: [
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
      ]
    ),
    // The page and the flags, which every greeter has.
    .target(
      name: "GreeterApp",
      dependencies: [
        "GreeterService",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "GRPCWeb", package: "sonora"),
      ],
      resources: [.copy("Public")]
    ),
    .executableTarget(
      name: "greeter",
      dependencies: [
        "GreeterApp",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "GRPCWebHummingbird", package: "sonora"),
        .product(name: "Hummingbird", package: "hummingbird"),
      ]
    ),
  ]
)
