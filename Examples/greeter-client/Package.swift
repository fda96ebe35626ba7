// swift-tools-version:6.1

import PackageDescription

let package = Package(
  name: "greeter-client",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "greeter-client", targets: ["greeter-client"])
  ],
  dependencies: [
    .package(name: "sonora", path: "../..", traits: ["AsyncHTTPClient"]),
    .package(path: "../greeter"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.5.0"),
    .package(url: "https://github.com/grpc/grpc-swift-2.git", from: "2.3.0"),
  ],
  targets: [
    .executableTarget(
      name: "greeter-client",
      dependencies: [
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCWebAsyncHTTPClient", package: "sonora"),
        .product(name: "GRPCWebURLSession", package: "sonora"),
        .product(name: "GreeterService", package: "greeter"),
      ]
    )
  ]
)
