// swift-tools-version:6.1

import PackageDescription

// A package of its own: who does not use Vapor does not resolve it. Its folder is not called Vapor,
// as the name of a folder is the identity of a package, and Vapor has that one.

// Maps "@available(GRPCWeb 1.x, *)" to platforms, as the main package does.
let availabilitySetting = SwiftSetting.enableExperimentalFeature(
  "AvailabilityMacro=GRPCWeb 1.0:macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0"
)

let swiftSettings: [SwiftSetting] = [
  availabilitySetting,
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "sonora-vapor",
  products: [
    .library(name: "GRPCWebVapor", targets: ["GRPCWebVapor"])
  ],
  dependencies: [
    .package(name: "sonora", path: "../.."),
    .package(url: "https://github.com/apple/swift-http-types.git", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.81.0"),
    .package(url: "https://github.com/vapor/vapor.git", from: "4.121.4"),
  ],
  targets: [
    .target(
      name: "GRPCWebVapor",
      dependencies: [
        .product(name: "GRPCWeb", package: "sonora"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "Vapor", package: "vapor"),
      ],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "GRPCWebVaporTests",
      dependencies: [
        "GRPCWebVapor",
        .product(name: "GRPCWebAdapterContract", package: "sonora"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Vapor", package: "vapor"),
      ],
      swiftSettings: swiftSettings
    ),
  ]
)
