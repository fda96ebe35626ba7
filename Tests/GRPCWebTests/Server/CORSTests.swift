import HTTPTypes
import Testing

@testable import GRPCWeb

@Suite("CORS policy")
struct CORSTests {
  private static let grpcHeaders =
    "grpc-status, grpc-message, grpc-status-details-bin, grpc-encoding"

  @available(GRPCWeb 1.0, *)
  private static func apply(
    _ policy: GRPCWebServer.Config.CORS,
    origin: String? = "https://a.example",
    to fields: HTTPFields = [.contentType: "application/grpc-web+proto"]
  ) -> HTTPFields {
    var fields = fields
    policy.apply(origin: origin, to: &fields)
    return fields
  }

  // Preflight requests

  @Test("Requirement 21: a preflight is answered with what was asked")
  @available(GRPCWeb 1.0, *)
  func preflight() {
    let response = GRPCWebServer.Config.CORS.allowAll.preflightResponse(
      origin: "https://a.example",
      requestedHeaders: "content-type,x-grpc-web,x-key"
    )
    #expect(response.status == .noContent)
    #expect(
      response.headerFields == [
        .vary: "origin",
        .accessControlAllowOrigin: "*",
        .accessControlAllowMethods: "POST, OPTIONS",
        .accessControlAllowHeaders: "content-type,x-grpc-web,x-key",
        .accessControlMaxAge: "7200",
      ]
    )
  }

  @Test("Requirement 21: a preflight that asks for no headers is allowed none")
  @available(GRPCWeb 1.0, *)
  func preflightWithoutHeaders() {
    let response = GRPCWebServer.Config.CORS.allowAll.preflightResponse(
      origin: "https://a.example",
      requestedHeaders: nil
    )
    #expect(response.status == .noContent)
    #expect(response.headerFields[.accessControlAllowHeaders] == nil)
    #expect(response.headerFields[.accessControlAllowMethods] == "POST, OPTIONS")
  }

  @Test("Requirement 21: how long a preflight is remembered is in whole seconds")
  @available(GRPCWeb 1.0, *)
  func maximumAge() {
    var policy = GRPCWebServer.Config.CORS.allowAll
    policy.maximumAge = .milliseconds(90_500)
    let response = policy.preflightResponse(origin: "https://a.example", requestedHeaders: nil)
    #expect(response.headerFields[.accessControlMaxAge] == "90")
  }

  @Test("Requirement 21: a preflight from an origin that may not call is told nothing")
  @available(GRPCWeb 1.0, *)
  func preflightDisallowed() {
    var policy = GRPCWebServer.Config.CORS.allow(origins: ["https://b.example"])
    policy.allowsCredentials = true
    let response = policy.preflightResponse(
      origin: "https://a.example",
      requestedHeaders: "x-key"
    )
    #expect(response.status == .noContent)
    #expect(response.headerFields == [.vary: "origin"])
  }

  @Test("Requirement 22: a preflight for credentials names the origin")
  @available(GRPCWeb 1.0, *)
  func preflightWithCredentials() {
    var policy = GRPCWebServer.Config.CORS.allowAll
    policy.allowsCredentials = true
    let response = policy.preflightResponse(
      origin: "https://a.example",
      requestedHeaders: "x-key"
    )
    #expect(response.headerFields[.accessControlAllowOrigin] == "https://a.example")
    #expect(response.headerFields[.accessControlAllowCredentials] == "true")
    #expect(response.headerFields[.accessControlAllowHeaders] == "x-key")
    #expect(response.headerFields[.vary] == "origin")
  }

  // Responses

  @Test("Requirement 22: a response exposes gRPC's headers and those of its metadata")
  @available(GRPCWeb 1.0, *)
  func exposes() throws {
    var policy = GRPCWebServer.Config.CORS.allowAll
    policy.exposedHeaders = ["x-extra"]
    let fields = Self.apply(
      policy,
      to: try Fixture.fields([
        ("content-type", "application/grpc-web+proto"), ("cache-control", "no-store"),
        ("x-accel-buffering", "no"), ("content-length", "0"), ("grpc-encoding", "gzip"),
        ("x-key", "1"), ("X-Other", "2"), ("x-key", "3"),
      ])
    )
    #expect(fields[.accessControlAllowOrigin] == "*")
    #expect(fields[.vary] == "origin")
    #expect(
      fields[.accessControlExposeHeaders] == Self.grpcHeaders + ", x-extra, x-key, x-other"
    )
  }

  @Test("Requirement 22: what is exposed is a list also with credentials, never *")
  @available(GRPCWeb 1.0, *)
  func credentials() {
    for policy in [
      GRPCWebServer.Config.CORS.allowAll, .allow(origins: ["https://a.example"]),
      .allow { _ in true },
    ] {
      var policy = policy
      policy.allowsCredentials = true
      let fields = Self.apply(policy)
      #expect(fields[.accessControlAllowOrigin] == "https://a.example")
      #expect(fields[.accessControlAllowCredentials] == "true")
      #expect(fields[.accessControlExposeHeaders] == Self.grpcHeaders)
      #expect(fields[.vary] == "origin")
    }
  }

  @Test("Requirement 22: without credentials, credentials aren't mentioned")
  @available(GRPCWeb 1.0, *)
  func noCredentials() {
    for policy in [GRPCWebServer.Config.CORS.allowAll, .allow(origins: ["https://a.example"])] {
      #expect(Self.apply(policy)[.accessControlAllowCredentials] == nil)
    }
  }

  @Test("A vary header that a response has stays")
  @available(GRPCWeb 1.0, *)
  func existingVary() {
    let fields = Self.apply(.allowAll, to: [.vary: "accept"])
    #expect(fields[values: .vary] == ["accept", "origin"])
  }

  // Policies

  @Test("Requirement 23: by default CORS is the app's own business")
  @available(GRPCWeb 1.0, *)
  func disabled() {
    #expect(!GRPCWebServer.Config.CORS.disabled.isEnabled)
    #expect(!GRPCWebServer.Config.defaults.cors.isEnabled)
    let fields: HTTPFields = [.contentType: "application/grpc-web+proto", .vary: "accept"]
    #expect(Self.apply(.disabled, to: fields) == fields)
  }

  @Test("A response to a request without an origin has nothing added")
  @available(GRPCWeb 1.0, *)
  func noOrigin() {
    let fields: HTTPFields = [.contentType: "application/grpc-web+proto"]
    #expect(Self.apply(.allowAll, origin: nil, to: fields) == fields)
  }

  @Test(
    "Requirement 23: a list of origins, whose scheme and host have no case",
    arguments: [
      ("https://a.example", true), ("http://localhost:3000", true), ("HTTPS://A.Example", true),
      ("https://b.example", false), ("http://a.example", false), ("https://a.example:443", false),
      ("https://a.example.evil.example", false), ("https://www.a.example", false),
      ("http://localhost", false), ("null", false), ("*", false), ("", false),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func list(origin: String, isAllowed: Bool) {
    let policy = GRPCWebServer.Config.CORS.allow(origins: [
      "https://a.example", "HTTP://LocalHost:3000",
    ])
    #expect(policy.isEnabled)
    let fields = Self.apply(policy, origin: origin)
    // The response has the origin as it was sent, since browsers compare it with case.
    #expect(fields[.accessControlAllowOrigin] == (isAllowed ? origin : nil))
    #expect((fields[.accessControlExposeHeaders] != nil) == isAllowed)
    #expect(fields[.vary] == "origin")
  }

  @Test("Requirement 8: origins are compared by bytes, and only letters of ASCII without case")
  @available(GRPCWeb 1.0, *)
  func listBytewise() {
    let policy = GRPCWebServer.Config.CORS.allow(origins: [
      "https://kick.example", "https://\u{e9}.example",
    ])
    for origin in ["https://kick.example", "https://KICK.example", "https://\u{e9}.example"] {
      #expect(Self.apply(policy, origin: origin)[.accessControlAllowOrigin] == origin)
    }
    for origin in [
      "https://\u{212a}ick.example", "https://e\u{301}.example", "https://\u{c9}.example",
    ] {
      #expect(Self.apply(policy, origin: origin)[.accessControlAllowOrigin] == nil)
    }
  }

  @Test("Requirement 23: a predicate is asked for the origin as it was sent")
  @available(GRPCWeb 1.0, *)
  func predicate() {
    let policy = GRPCWebServer.Config.CORS.allow { $0.hasSuffix(".Example") }
    #expect(policy.isEnabled)
    let allowed = Self.apply(policy, origin: "https://a.Example")
    #expect(allowed[.accessControlAllowOrigin] == "https://a.Example")
    let disallowed = Self.apply(policy, origin: "https://a.example")
    #expect(disallowed[.accessControlAllowOrigin] == nil)
    #expect(disallowed[.accessControlExposeHeaders] == nil)
    #expect(disallowed[.vary] == "origin")
  }

  @Test("Requirement 23: an empty list allows nobody")
  @available(GRPCWeb 1.0, *)
  func emptyList() {
    let policy = GRPCWebServer.Config.CORS.allow(origins: [])
    #expect(policy.isEnabled)
    #expect(Self.apply(policy)[.accessControlAllowOrigin] == nil)
  }
}
