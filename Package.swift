// swift-tools-version:6.1

import PackageDescription

let products: [Product] = [
  .library(name: "GRPCWeb", targets: ["GRPCWeb"]),
  .library(name: "GRPCWebNIO", targets: ["GRPCWebNIO"]),
  .library(name: "GRPCWebHummingbird", targets: ["GRPCWebHummingbird"]),
  .library(name: "GRPCWebFlyingFox", targets: ["GRPCWebFlyingFox"]),
  .library(name: "GRPCWebAsyncHTTPClient", targets: ["GRPCWebAsyncHTTPClient"]),
  .library(name: "GRPCWebURLSession", targets: ["GRPCWebURLSession"]),
  .library(name: "GRPCWebObservability", targets: ["GRPCWebObservability"]),
  // For the tests of adapters in packages of their own, such as Integrations/GRPCWebVapor.
  .library(
    name: "GRPCWebAdapterContract",
    targets: ["GRPCWebAdapterContract", "GRPCWebTestSupport"]
  ),
]

let dependencies: [Package.Dependency] = [
  .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.2.0"),
  .package(url: "https://github.com/apple/swift-http-types.git", from: "1.4.0"),
  .package(url: "https://github.com/apple/swift-log.git", from: "1.6.0"),
  .package(url: "https://github.com/apple/swift-metrics.git", from: "2.5.0"),
  .package(url: "https://github.com/apple/swift-nio.git", from: "2.81.0"),
  .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.29.0"),
  .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
  .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.29.0"),
  .package(url: "https://github.com/grpc/grpc-swift-2.git", from: "2.3.0"),
  .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.16.0"),
  .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.26.0"),
  .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.6.0"),
  .package(url: "https://github.com/swhitty/FlyingFox.git", .upToNextMinor(from: "0.27.1")),

  // Test-only dependencies:
  .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.31.0", traits: []),
  .package(url: "https://github.com/grpc/grpc-swift-protobuf.git", from: "2.1.0"),
]

// Maps "@available(GRPCWeb 1.x, *)" to platforms: those of gRPC Swift 2 itself.
let nextMinorVersion = 0
let availabilitySettings: [SwiftSetting] = (0 ... nextMinorVersion).map { minor in
  let platforms = "macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0"
  return .enableExperimentalFeature("AvailabilityMacro=GRPCWeb 1.\(minor):\(platforms)")
}

let swiftSettings: [SwiftSetting] =
  availabilitySettings + [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]

let targets: [Target] = [
  // The protocol and the engine; no I/O.
  .target(
    name: "GRPCWeb",
    dependencies: [
      "CZlib",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
    ],
    swiftSettings: swiftSettings
  ),
  .systemLibrary(
    name: "CZlib",
    pkgConfig: "zlib",
    providers: [.apt(["zlib1g-dev"]), .yum(["zlib-devel"]), .brew(["zlib"])]
  ),

  // Adapters.
  .target(
    name: "GRPCWebNIO",
    dependencies: [
      "GRPCWeb",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOExtras", package: "swift-nio-extras"),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "NIOHTTP2", package: "swift-nio-http2"),
      .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
      .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
      .product(name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl"),
      .product(name: "NIOTLS", package: "swift-nio"),
    ],
    swiftSettings: swiftSettings
  ),
  .target(
    name: "GRPCWebHummingbird",
    dependencies: [
      "GRPCWeb",
      "GRPCWebNIO",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "Hummingbird", package: "hummingbird"),
      .product(name: "HummingbirdCore", package: "hummingbird"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
      .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
    ],
    swiftSettings: swiftSettings
  ),
  .target(
    name: "GRPCWebFlyingFox",
    dependencies: [
      "GRPCWeb",
      .product(name: "FlyingFox", package: "FlyingFox"),
      .product(name: "FlyingSocks", package: "FlyingFox"),
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "NIOCore", package: "swift-nio"),
    ],
    swiftSettings: swiftSettings
  ),
  .target(
    name: "GRPCWebAsyncHTTPClient",
    dependencies: [
      "GRPCWeb",
      .product(name: "AsyncHTTPClient", package: "async-http-client"),
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "NIOHTTP2", package: "swift-nio-http2"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl"),
    ],
    swiftSettings: swiftSettings
  ),
  .target(
    name: "GRPCWebURLSession",
    dependencies: [
      "GRPCWeb",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "NIOCore", package: "swift-nio"),
    ],
    swiftSettings: swiftSettings
  ),

  // Metrics, logs and traces of calls.
  .target(
    name: "GRPCWebObservability",
    dependencies: [
      "GRPCWeb",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "Metrics", package: "swift-metrics"),
      .product(name: "Tracing", package: "swift-distributed-tracing"),
    ],
    swiftSettings: swiftSettings
  ),

  // Tests.
  .target(
    name: "GRPCWebTestSupport",
    dependencies: [
      "CZlib",
      "GRPCWeb",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      .product(name: "SwiftProtobuf", package: "swift-protobuf"),
    ],
    path: "Tests/GRPCWebTestSupport",
    exclude: ["Protos"],
    swiftSettings: swiftSettings
  ),
  .target(
    name: "GRPCWebClientTestSupport",
    dependencies: [
      "GRPCWeb",
      "GRPCWebHummingbird",
      "GRPCWebTestSupport",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "Hummingbird", package: "hummingbird"),
      .product(name: "HummingbirdCore", package: "hummingbird"),
      .product(name: "HummingbirdTLS", package: "hummingbird"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
    ],
    path: "Tests/GRPCWebClientTestSupport",
    swiftSettings: swiftSettings
  ),
  .target(
    name: "GRPCWebClientContract",
    dependencies: [
      "GRPCWeb",
      "GRPCWebClientTestSupport",
      "GRPCWebTestSupport",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "SwiftProtobuf", package: "swift-protobuf"),
    ],
    path: "Tests/GRPCWebClientContract",
    swiftSettings: swiftSettings
  ),
  .target(
    name: "GRPCWebAdapterContract",
    dependencies: [
      "GRPCWeb",
      "GRPCWebTestSupport",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "SwiftProtobuf", package: "swift-protobuf"),
    ],
    path: "Tests/GRPCWebAdapterContract",
    swiftSettings: swiftSettings
  ),
  .testTarget(
    name: "GRPCWebFlyingFoxTests",
    dependencies: [
      "GRPCWebFlyingFox",
      "GRPCWebTestSupport",
      .product(name: "FlyingFox", package: "FlyingFox"),
      .product(name: "FlyingSocks", package: "FlyingFox"),
      .product(name: "NIOCore", package: "swift-nio"),
    ],
    swiftSettings: swiftSettings
  ),
  .testTarget(
    name: "GRPCWebContractTests",
    dependencies: [
      "GRPCWeb",
      "GRPCWebAdapterContract",
      "GRPCWebFlyingFox",
      "GRPCWebHummingbird",
      "GRPCWebNIO",
      "GRPCWebTestSupport",
      .product(name: "FlyingFox", package: "FlyingFox"),
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "Hummingbird", package: "hummingbird"),
      .product(name: "HummingbirdCore", package: "hummingbird"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
    ],
    swiftSettings: swiftSettings
  ),
  .testTarget(
    name: "GRPCWebTests",
    dependencies: [
      "GRPCWeb",
      "GRPCWebTestSupport",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "SwiftProtobuf", package: "swift-protobuf"),
    ],
    swiftSettings: swiftSettings
  ),
  .testTarget(
    name: "GRPCWebAsyncHTTPClientTests",
    dependencies: [
      "GRPCWeb",
      "GRPCWebAsyncHTTPClient",
      "GRPCWebClientContract",
      "GRPCWebClientTestSupport",
      "GRPCWebTestSupport",
      .product(name: "AsyncHTTPClient", package: "async-http-client"),
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "HummingbirdCore", package: "hummingbird"),
      .product(name: "HummingbirdHTTP2", package: "hummingbird"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOHPACK", package: "swift-nio-http2"),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "NIOHTTP2", package: "swift-nio-http2"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl"),
      .product(name: "SwiftProtobuf", package: "swift-protobuf"),
    ],
    swiftSettings: swiftSettings
  ),
  .testTarget(
    name: "GRPCWebURLSessionTests",
    dependencies: [
      "GRPCWeb",
      "GRPCWebClientContract",
      "GRPCWebClientTestSupport",
      "GRPCWebTestSupport",
      "GRPCWebURLSession",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "SwiftProtobuf", package: "swift-protobuf"),
    ],
    swiftSettings: swiftSettings
  ),
  .testTarget(
    name: "GRPCWebObservabilityTests",
    dependencies: [
      "GRPCWeb",
      "GRPCWebNIO",
      "GRPCWebObservability",
      "GRPCWebTestSupport",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "Metrics", package: "swift-metrics"),
      .product(name: "MetricsTestKit", package: "swift-metrics"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      .product(name: "Tracing", package: "swift-distributed-tracing"),
    ],
    swiftSettings: swiftSettings
  ),
  .testTarget(
    name: "GRPCWebNIOTests",
    dependencies: [
      "GRPCWeb",
      "GRPCWebHummingbird",
      "GRPCWebNIO",
      "GRPCWebTestSupport",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "Hummingbird", package: "hummingbird"),
      .product(name: "HummingbirdCore", package: "hummingbird"),
      .product(name: "HummingbirdHTTP2", package: "hummingbird"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOEmbedded", package: "swift-nio"),
      .product(name: "NIOHPACK", package: "swift-nio-http2"),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "NIOHTTP2", package: "swift-nio-http2"),
      .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
      .product(name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl"),
      .product(name: "NIOTLS", package: "swift-nio"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      .product(name: "SwiftProtobuf", package: "swift-protobuf"),
    ],
    swiftSettings: swiftSettings
  ),
  .testTarget(
    name: "GRPCWebHummingbirdTests",
    dependencies: [
      "GRPCWeb",
      "GRPCWebHummingbird",
      "GRPCWebTestSupport",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "Hummingbird", package: "hummingbird"),
      .product(name: "HummingbirdCore", package: "hummingbird"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      .product(name: "SwiftProtobuf", package: "swift-protobuf"),
    ],
    swiftSettings: swiftSettings
  ),
]

let package = Package(
  name: "sonora",
  products: products,
  dependencies: dependencies,
  targets: targets
)
