// swift-tools-version:6.1

import PackageDescription

let products: [Product] = [
  .library(name: "GRPCWeb", targets: ["GRPCWeb"]),
  .library(name: "GRPCWebBlocking", targets: ["GRPCWebBlocking"]),
  .library(name: "GRPCWebNIO", targets: ["GRPCWebNIO"]),
  .library(name: "GRPCWebHummingbird", targets: ["GRPCWebHummingbird"]),
  .library(name: "GRPCWebFlyingFox", targets: ["GRPCWebFlyingFox"]),
  .library(name: "GRPCWebVapor", targets: ["GRPCWebVapor"]),
  .library(name: "GRPCWebAsyncHTTPClient", targets: ["GRPCWebAsyncHTTPClient"]),
  .library(name: "GRPCWebURLSession", targets: ["GRPCWebURLSession"]),
  .library(name: "GRPCWebObservability", targets: ["GRPCWebObservability"]),
  // For the tests of adapters in packages of their own. Needs the trait Tests.
  .library(
    name: "GRPCWebAdapterContract",
    targets: ["GRPCWebAdapterContract", "GRPCWebTestSupport"]
  ),
]

// What an app has to resolve is up to the traits that it names: no dependency is fetched that only targets of
// other traits need. So each dependency but those of `GRPCWeb` itself has a condition wherever it is named.
// Without its trait, a target compiles to what is in its `MissingTrait.swift`. `dev/check-traits` checks both.
let traits: Set<Trait> = [
  .trait(name: "NIO", description: "GRPCWebNIO: a channel handler, and a server with a port."),
  .trait(
    name: "Hummingbird",
    description: "GRPCWebHummingbird: a middleware, and a server in front of the router.",
    enabledTraits: ["NIO"]
  ),
  .trait(name: "FlyingFox", description: "GRPCWebFlyingFox: a handler."),
  .trait(name: "Vapor", description: "GRPCWebVapor: a middleware."),
  .trait(name: "AsyncHTTPClient", description: "GRPCWebAsyncHTTPClient: a client."),
  .trait(name: "Observability", description: "GRPCWebObservability: metrics, logs and traces."),
  .trait(
    name: "Tests",
    description:
      "This package's own tests, and GRPCWebAdapterContract for those of other adapters.",
    enabledTraits: ["AsyncHTTPClient", "FlyingFox", "Hummingbird", "NIO", "Observability"]
  ),
  // All but Vapor, so that `swift test` does without flags.
  .default(
    enabledTraits: ["AsyncHTTPClient", "FlyingFox", "Hummingbird", "NIO", "Observability", "Tests"]
  ),
]

let ifNIO = TargetDependencyCondition.when(traits: ["NIO"])
let ifHummingbird = TargetDependencyCondition.when(traits: ["Hummingbird"])
let ifFlyingFox = TargetDependencyCondition.when(traits: ["FlyingFox"])
let ifVapor = TargetDependencyCondition.when(traits: ["Vapor"])
let ifAsyncHTTPClient = TargetDependencyCondition.when(traits: ["AsyncHTTPClient"])
let ifObservability = TargetDependencyCondition.when(traits: ["Observability"])
let ifTests = TargetDependencyCondition.when(traits: ["Tests"])

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
  .package(url: "https://github.com/vapor/vapor.git", from: "4.121.4"),

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

// Where the system brings zlib. Elsewhere compression is left out.
let zlibPlatforms: [Platform] = [
  .android, .iOS, .linux, .macCatalyst, .macOS, .openbsd, .tvOS, .visionOS, .watchOS,
]

let targets: [Target] = [
  // The protocol and the engine; no I/O.
  .target(
    name: "GRPCWeb",
    dependencies: [
      .target(name: "CZlib", condition: .when(platforms: zlibPlatforms)),
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

  // The client for code that isn't asynchronous: threads, Dispatch.
  .target(
    name: "GRPCWebBlocking",
    dependencies: [
      "GRPCWeb",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
    ],
    swiftSettings: swiftSettings
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
      .product(name: "NIOExtras", package: "swift-nio-extras", condition: ifNIO),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "NIOHTTP2", package: "swift-nio-http2", condition: ifNIO),
      .product(name: "NIOHTTPTypes", package: "swift-nio-extras", condition: ifNIO),
      .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras", condition: ifNIO),
      .product(name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras", condition: ifNIO),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl", condition: ifNIO),
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
      .product(name: "Hummingbird", package: "hummingbird", condition: ifHummingbird),
      .product(name: "HummingbirdCore", package: "hummingbird", condition: ifHummingbird),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "NIOHTTPTypes", package: "swift-nio-extras", condition: ifHummingbird),
      .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras", condition: ifHummingbird),
      .product(
        name: "ServiceLifecycle",
        package: "swift-service-lifecycle",
        condition: ifHummingbird
      ),
    ],
    swiftSettings: swiftSettings
  ),
  .target(
    name: "GRPCWebFlyingFox",
    dependencies: [
      "GRPCWeb",
      .product(name: "FlyingFox", package: "FlyingFox", condition: ifFlyingFox),
      .product(name: "FlyingSocks", package: "FlyingFox", condition: ifFlyingFox),
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "NIOCore", package: "swift-nio"),
    ],
    swiftSettings: swiftSettings
  ),
  .target(
    name: "GRPCWebVapor",
    dependencies: [
      "GRPCWeb",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "Vapor", package: "vapor", condition: ifVapor),
    ],
    swiftSettings: swiftSettings
  ),
  .target(
    name: "GRPCWebAsyncHTTPClient",
    dependencies: [
      "GRPCWeb",
      "GRPCWebBlocking",
      .product(name: "AsyncHTTPClient", package: "async-http-client", condition: ifAsyncHTTPClient),
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "NIOHTTP2", package: "swift-nio-http2", condition: ifAsyncHTTPClient),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl", condition: ifAsyncHTTPClient),
    ],
    swiftSettings: swiftSettings
  ),
  .target(
    name: "GRPCWebURLSession",
    dependencies: [
      "GRPCWeb",
      "GRPCWebBlocking",
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
      .product(name: "Metrics", package: "swift-metrics", condition: ifObservability),
      .product(name: "Tracing", package: "swift-distributed-tracing", condition: ifObservability),
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
      .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf", condition: ifTests),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl", condition: ifTests),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: ifTests),
      .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: ifTests),
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
      .product(name: "Hummingbird", package: "hummingbird", condition: ifTests),
      .product(name: "HummingbirdCore", package: "hummingbird", condition: ifTests),
      .product(name: "HummingbirdTLS", package: "hummingbird", condition: ifTests),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: ifTests),
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
      .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: ifTests),
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
      .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf", condition: ifTests),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: ifTests),
    ],
    path: "Tests/GRPCWebAdapterContract",
    swiftSettings: swiftSettings
  ),
  .testTarget(
    name: "GRPCWebFlyingFoxTests",
    dependencies: [
      "GRPCWebFlyingFox",
      "GRPCWebTestSupport",
      .product(name: "FlyingFox", package: "FlyingFox", condition: ifTests),
      .product(name: "FlyingSocks", package: "FlyingFox", condition: ifTests),
      .product(name: "NIOCore", package: "swift-nio"),
    ],
    swiftSettings: swiftSettings
  ),
  .testTarget(
    name: "GRPCWebVaporTests",
    dependencies: [
      "GRPCWebAdapterContract",
      "GRPCWebTestSupport",
      "GRPCWebVapor",
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "Vapor", package: "vapor", condition: ifVapor),
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
      .product(name: "FlyingFox", package: "FlyingFox", condition: ifTests),
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "Hummingbird", package: "hummingbird", condition: ifTests),
      .product(name: "HummingbirdCore", package: "hummingbird", condition: ifTests),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: ifTests),
    ],
    swiftSettings: swiftSettings
  ),
  .testTarget(
    name: "GRPCWebTests",
    dependencies: [
      "GRPCWeb",
      "GRPCWebTestSupport",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf", condition: ifTests),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: ifTests),
    ],
    swiftSettings: swiftSettings
  ),
  .testTarget(
    name: "GRPCWebBlockingTests",
    dependencies: [
      "GRPCWebBlocking",
      "GRPCWebClientTestSupport",
      "GRPCWebTestSupport",
      "GRPCWebURLSession",
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: ifTests),
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
      .product(name: "AsyncHTTPClient", package: "async-http-client", condition: ifTests),
      .product(name: "GRPCCore", package: "grpc-swift-2"),
      .product(name: "HummingbirdCore", package: "hummingbird", condition: ifTests),
      .product(name: "HummingbirdHTTP2", package: "hummingbird", condition: ifTests),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOHPACK", package: "swift-nio-http2", condition: ifTests),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "NIOHTTP2", package: "swift-nio-http2", condition: ifTests),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl", condition: ifTests),
      .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: ifTests),
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
      .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: ifTests),
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
      .product(name: "InMemoryTracing", package: "swift-distributed-tracing", condition: ifTests),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "Metrics", package: "swift-metrics", condition: ifTests),
      .product(name: "MetricsTestKit", package: "swift-metrics", condition: ifTests),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: ifTests),
      .product(name: "Tracing", package: "swift-distributed-tracing", condition: ifTests),
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
      .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf", condition: ifTests),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "Hummingbird", package: "hummingbird", condition: ifTests),
      .product(name: "HummingbirdCore", package: "hummingbird", condition: ifTests),
      .product(name: "HummingbirdHTTP2", package: "hummingbird", condition: ifTests),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOEmbedded", package: "swift-nio"),
      .product(name: "NIOHPACK", package: "swift-nio-http2", condition: ifTests),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "NIOHTTP2", package: "swift-nio-http2", condition: ifTests),
      .product(name: "NIOHTTPTypes", package: "swift-nio-extras", condition: ifTests),
      .product(name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras", condition: ifTests),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl", condition: ifTests),
      .product(name: "NIOTLS", package: "swift-nio"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: ifTests),
      .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: ifTests),
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
      .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf", condition: ifTests),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "Hummingbird", package: "hummingbird", condition: ifTests),
      .product(name: "HummingbirdCore", package: "hummingbird", condition: ifTests),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: ifTests),
      .product(name: "SwiftProtobuf", package: "swift-protobuf", condition: ifTests),
    ],
    swiftSettings: swiftSettings
  ),
]

let package = Package(
  name: "sonora",
  products: products,
  traits: traits,
  dependencies: dependencies,
  targets: targets
)
