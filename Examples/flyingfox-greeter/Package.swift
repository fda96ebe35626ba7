// swift-tools-version:6.1

import PackageDescription

let package = Package(
  name: "flyingfox-greeter",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "flyingfox-greeter", targets: ["flyingfox-greeter"])
  ],
  dependencies: [
    .package(name: "sonora", path: "../..", traits: ["FlyingFox"]),
    .package(name: "greeter", path: "../greeter"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.5.0"),
    .package(url: "https://github.com/swhitty/FlyingFox.git", .upToNextMinor(from: "0.27.1")),
  ],
  targets: [
    .executableTarget(
      name: "flyingfox-greeter",
      dependencies: [
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "FlyingFox", package: "FlyingFox"),
        .product(name: "FlyingSocks", package: "FlyingFox"),
        .product(name: "GRPCWebFlyingFox", package: "sonora"),
        .product(name: "GreeterApp", package: "greeter"),
      ]
    )
  ]
)
