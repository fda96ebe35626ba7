// swift-tools-version:6.1

import PackageDescription

let package = Package(
  name: "vapor-greeter",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "sonora", path: "../..", traits: ["Vapor"]),
    .package(name: "greeter", path: "../greeter"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.5.0"),
    .package(url: "https://github.com/vapor/vapor.git", from: "4.121.4"),
  ],
  targets: [
    .executableTarget(
      name: "vapor-greeter",
      dependencies: [
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "GRPCWebVapor", package: "sonora"),
        .product(name: "GreeterApp", package: "greeter"),
        .product(name: "Vapor", package: "vapor"),
      ]
    )
  ]
)
