// swift-tools-version:6.1

import PackageDescription

let package = Package(
  name: "greeter-http2",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "greeter", path: "../../Examples/greeter"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.5.0"),
    .package(url: "https://github.com/grpc/grpc-swift-2.git", from: "2.3.0"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport.git", from: "2.3.0"),
  ],
  targets: [
    .executableTarget(
      name: "greeter-http2",
      dependencies: [
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
        .product(name: "GreeterService", package: "greeter"),
      ]
    )
  ]
)
