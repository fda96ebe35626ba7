import GRPCCore
import HTTPTypes
import Testing

@testable import GRPCWeb

@Suite("Routing")
struct GRPCWebRouteTests {
  private static let registered = "/test.Service/Get"
  private static let unknown = "/test.Service/Unknown"

  @available(GRPCWeb 1.0, *)
  private static func route(
    _ method: HTTPRequest.Method = .post,
    _ path: String = Self.registered,
    fields: HTTPFields = [.contentType: "application/grpc-web+proto"],
    configure: (inout GRPCWebServer.Config) -> Void = { _ in }
  ) -> GRPCWebRoute {
    GRPCWebRoute(
      HTTPRequest(
        method: method,
        scheme: "http",
        authority: "localhost",
        path: path,
        headerFields: fields
      ),
      path: path,
      methods: MethodTable([
        MethodDescriptor(fullyQualifiedService: "test.Service", method: "Get", type: .unary)
      ]),
      config: .defaults(configure)
    )
  }

  private static func preflight(
    asking headers: String? = "content-type,x-grpc-web"
  ) -> HTTPFields {
    var fields: HTTPFields = [
      .origin: "https://a.example", .accessControlRequestMethod: "POST",
    ]
    fields[.accessControlRequestHeaders] = headers
    return fields
  }

  @Test(
    "Requirement 2: gRPC-Web for a registered method is a call",
    arguments: [
      ("application/grpc-web", GRPCWebMode.binary), ("application/grpc-web+proto", .binary),
      ("Application/GRPC-Web; charset=utf-8", .binary), ("application/grpc-web-text", .text),
      ("application/grpc-web-text+proto; a=b", .text),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func call(contentType: String, mode: GRPCWebMode) throws {
    let call = try #require(Self.route(fields: [.contentType: contentType]).call)
    #expect(call.method.fullyQualifiedMethod == "test.Service/Get")
    #expect(call.method.type == .unary)
    #expect(call.requestMode == mode)
    #expect(call.responseMode == mode)
    #expect(call.failure == nil)
  }

  @Test("Requirement 1: the query is ignored, case isn't")
  @available(GRPCWeb 1.0, *)
  func path() {
    #expect(Self.route(.post, Self.registered + "?a=b").call?.failure == nil)
    #expect(Self.route(.post, Self.registered + "?a=b").call != nil)
    #expect(Self.route(.post, "/test.service/Get").call?.failure?.code == .unimplemented)
    #expect(Self.route(.post, "/test.Service/get").call?.failure?.code == .unimplemented)
  }

  @Test(
    "Requirement 1: another verb on one of our paths is 405",
    arguments: [.get, .head, .put, .delete, .patch, .trace] as [HTTPRequest.Method]
  )
  @available(GRPCWeb 1.0, *)
  func otherVerbs(method: HTTPRequest.Method) throws {
    let response = try #require(Self.route(method).response)
    #expect(response.status == .methodNotAllowed)
    #expect(response.headerFields[.allow] == "POST")
    #expect(response.headerFields[.contentLength] == "0")
    #expect(response.headerFields[.grpcStatus] == nil)

    #expect(Self.route(method, Self.unknown).isPass)
    #expect(Self.route(method, "/").isPass)
  }

  @Test("Requirement 1: 405 allows OPTIONS only where a preflight is answered")
  @available(GRPCWeb 1.0, *)
  func allowsOptions() throws {
    for policy in [GRPCWebServer.Config.CORS.allowAll, .allow(origins: [])] {
      let response = try #require(Self.route(.get) { $0.cors = policy }.response)
      #expect(response.headerFields[.allow] == "POST, OPTIONS")
    }
    let response = try #require(Self.route(.get) { $0.cors = .disabled }.response)
    #expect(response.headerFields[.allow] == "POST")
  }

  @Test("A verb that nobody knows is 405 on our paths, and the app's on others")
  @available(GRPCWeb 1.0, *)
  func unknownVerb() throws {
    let method = try #require(HTTPRequest.Method("post"))
    #expect(Self.route(method).response?.status == .methodNotAllowed)
    #expect(Self.route(method, Self.unknown).isPass)
  }

  @Test("Requirement 2: two types at once, of which only the first is gRPC-Web's, are 415")
  @available(GRPCWeb 1.0, *)
  func twoContentTypes() throws {
    let response = try #require(
      Self.route(
        fields: [.contentType: "application/grpc-web+proto", .contentType: "application/json"]
      ).response
    )
    #expect(response.status == .unsupportedMediaType)
  }

  @Test(
    "Requirement 2: a foreign type or format on one of our paths is 415",
    arguments: [
      nil, "", "image/jpeg", "application/grpc", "application/grpc+proto", "application/json",
      "application/grpc-web+json", "application/grpc-web-text+json", "application/grpc-web-foo",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func unsupportedMediaType(contentType: String?) throws {
    var fields = HTTPFields()
    fields[.contentType] = contentType
    let response = try #require(Self.route(fields: fields).response)
    #expect(response.status == .unsupportedMediaType)
    #expect(response.headerFields[.acceptPost]?.contains("application/grpc-web+proto") == true)
    #expect(response.headerFields[.contentLength] == "0")
    #expect(response.headerFields[.grpcStatus] == nil)
  }

  @Test(
    "Requirement 20: a body with a coding is 415, which names what is accepted",
    arguments: [
      "gzip", "GZIP", "br", "deflate", "identity, gzip", "gzip, identity", "identit\u{e9}", "*",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func contentCoding(coding: String) throws {
    for contentType in ["application/grpc-web+proto", "application/grpc-web-text"] {
      let fields: HTTPFields = [
        .contentType: contentType, .contentEncoding: coding, .origin: "https://a.example",
      ]
      let response = try #require(Self.route(fields: fields) { $0.cors = .allowAll }.response)
      #expect(response.status == .unsupportedMediaType)
      #expect(response.headerFields[.acceptEncoding] == "identity")
      #expect(response.headerFields[.acceptPost] == nil)
      #expect(response.headerFields[.contentLength] == "0")
      #expect(response.headerFields[.accessControlAllowOrigin] == "*")
      let exposed = try #require(response.headerFields[.accessControlExposeHeaders])
      #expect(!exposed.contains("accept-encoding"))
    }
  }

  @Test(
    "Requirement 20: identity is no coding",
    arguments: ["identity", "Identity", "", ",", " identity , identity"]
  )
  @available(GRPCWeb 1.0, *)
  func identityCoding(coding: String) throws {
    let fields: HTTPFields = [
      .contentType: "application/grpc-web+proto", .contentEncoding: coding,
    ]
    let call = try #require(Self.route(fields: fields).call)
    #expect(call.failure == nil)
  }

  @Test("Requirement 20: the coding of another app's requests is its own business")
  @available(GRPCWeb 1.0, *)
  func foreignContentCoding() {
    let fields: HTTPFields = [.contentType: "application/json", .contentEncoding: "gzip"]
    #expect(Self.route(.post, Self.unknown, fields: fields).isPass)
  }

  @Test(
    "Requirement 2: gRPC-Web for a method that isn't registered is unimplemented",
    arguments: [
      ("application/grpc-web", GRPCWebMode.binary), ("application/grpc-web-text", .text),
      // The response has no messages, so the message format doesn't matter.
      ("application/grpc-web+json", .binary),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func unknownMethod(contentType: String, mode: GRPCWebMode) throws {
    for path in [Self.unknown, Self.unknown + "?a=b", "/other.Service/Get"] {
      let route = Self.route(.post, path, fields: [.contentType: contentType])
      let call = try #require(route.call)
      #expect(call.failure?.code == .unimplemented)
      #expect(call.responseMode == mode)
    }
  }

  @Test("Requirement 2: the message for an unknown method names it")
  @available(GRPCWeb 1.0, *)
  func unknownMethodMessage() {
    let failure = Self.route(.post, Self.unknown).call?.failure
    #expect(failure?.message.contains("test.Service/Unknown") == true)
  }

  @Test("Requirement 2: that a method is unknown comes before what else is wrong")
  @available(GRPCWeb 1.0, *)
  func unknownMethodComesFirst() {
    let fields: HTTPFields = [.contentType: "application/grpc-web", .grpcTimeout: "nonsense"]
    #expect(Self.route(.post, Self.unknown, fields: fields).call?.failure?.code == .unimplemented)
  }

  @Test("Requirement 2: an app may keep the methods that aren't registered")
  @available(GRPCWeb 1.0, *)
  func optOut() {
    #expect(Self.route(.post, Self.unknown) { $0.answersUnknownMethods = false }.isPass)
    #expect(Self.route(.post, Self.registered) { $0.answersUnknownMethods = false }.call != nil)
  }

  @Test(
    "Requirement 2: everything else is the app's own",
    arguments: [
      ("/", "application/grpc-web"), ("/one", "application/grpc-web"),
      ("/a/b/c", "application/grpc-web"), (Self.unknown, "application/json"),
      (Self.unknown, "application/grpc"), (Self.unknown, ""),
      (Self.registered + "/more", "application/grpc-web"), ("*", "text/plain"),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func pass(path: String, contentType: String) {
    #expect(Self.route(.post, path, fields: [.contentType: contentType]).isPass)
  }

  // CORS

  @Test("Requirement 21: a preflight is answered when CORS is ours")
  @available(GRPCWeb 1.0, *)
  func preflight() throws {
    let route = Self.route(.options, fields: Self.preflight()) { $0.cors = .allowAll }
    let response = try #require(route.response)
    #expect(response.status == .noContent)
    #expect(response.headerFields[.accessControlAllowOrigin] == "*")
    #expect(response.headerFields[.accessControlAllowHeaders] == "content-type,x-grpc-web")
  }

  @Test("Requirement 23: a preflight is the app's when CORS is")
  @available(GRPCWeb 1.0, *)
  func preflightDisabled() {
    #expect(Self.route(.options, fields: Self.preflight()).isPass)
  }

  @Test("Requirement 21: other OPTIONS requests pass through")
  @available(GRPCWeb 1.0, *)
  func otherOptions() {
    let others: [HTTPFields] = [
      [:],
      [.origin: "https://a.example"],
      [.accessControlRequestMethod: "POST"],
    ]
    for fields in others {
      #expect(Self.route(.options, fields: fields) { $0.cors = .allowAll }.isPass)
    }
  }

  @Test("Requirement 21: a preflight for an unknown method is ours when it asks for gRPC-Web")
  @available(GRPCWeb 1.0, *)
  func preflightForUnknownMethod() {
    let asking = Self.preflight(asking: "content-type, X-Grpc-Web")
    let asked = Self.route(.options, Self.unknown, fields: asking) { $0.cors = .allowAll }
    #expect(asked.response?.status == .noContent)

    for headers in [nil, "content-type", "x-grpc-webs", "ax-grpc-web, b"] {
      let fields = Self.preflight(asking: headers)
      #expect(Self.route(.options, Self.unknown, fields: fields) { $0.cors = .allowAll }.isPass)
      let registered = Self.route(.options, fields: fields) { $0.cors = .allowAll }
      #expect(registered.response?.status == .noContent)
    }

    let route = Self.route(.options, Self.unknown, fields: asking) {
      $0.cors = .allowAll
      $0.answersUnknownMethods = false
    }
    #expect(route.isPass)
  }

  @Test(
    "Requirement 21: a preflight for what can't be a method is the app's, as its call would be",
    arguments: ["/", "/upload", "/a/b/c", "*"]
  )
  @available(GRPCWeb 1.0, *)
  func preflightForNoMethod(path: String) {
    #expect(Self.route(.options, path, fields: Self.preflight()) { $0.cors = .allowAll }.isPass)
    #expect(Self.route(.post, path).isPass)
  }

  @Test("Requirement 22: refusals can be read by pages that may call, too")
  @available(GRPCWeb 1.0, *)
  func refusals() throws {
    let fields: HTTPFields = [.origin: "https://a.example", .contentType: "image/jpeg"]
    for method in [HTTPRequest.Method.get, .post] {
      let allowed = Self.route(method, fields: fields) {
        $0.cors = .allow(origins: ["https://a.example"])
      }
      let response = try #require(allowed.response)
      #expect(response.headerFields[.accessControlAllowOrigin] == "https://a.example")
      #expect(response.headerFields[.accessControlExposeHeaders]?.contains("grpc-status") == true)

      let disallowed = Self.route(method, fields: fields) { $0.cors = .allow(origins: []) }
      #expect(disallowed.response?.headerFields[.accessControlAllowOrigin] == nil)
      #expect(Self.route(method, fields: fields).response?.headerFields[.vary] == nil)
    }
  }

  // Native gRPC

  @available(GRPCWeb 1.0, *)
  private static func nativeRoute(
    _ path: String = Self.registered,
    contentType: String = "application/grpc",
    isAllowed: Bool = true,
    fields: HTTPFields = [:],
    configure: (inout GRPCWebServer.Config) -> Void = { _ in }
  ) -> GRPCWebRoute {
    var request = HTTPRequest(
      method: .post,
      scheme: "http",
      authority: "localhost",
      path: path,
      headerFields: fields
    )
    request.headerFields[.contentType] = contentType
    return GRPCWebRoute(
      request,
      path: path,
      methods: MethodTable([
        MethodDescriptor(fullyQualifiedService: "test.Service", method: "Get", type: .unary)
      ]),
      allowsNativeGRPC: isAllowed,
      config: .defaults(configure)
    )
  }

  @Test(
    "Native gRPC is a call where the adapter can send trailers",
    arguments: ["application/grpc", "application/grpc+proto", "Application/gRPC; a=b"]
  )
  @available(GRPCWeb 1.0, *)
  func nativeCall(contentType: String) throws {
    let fields: HTTPFields = [.accept: "application/grpc-web-text"]
    let call = try #require(Self.nativeRoute(contentType: contentType, fields: fields).call)
    #expect(call.isNativeGRPC)
    #expect(call.failure == nil)
    #expect(call.requestMode == .binary)
    #expect(call.responseMode == .binary)

    let refused = Self.nativeRoute(contentType: contentType, isAllowed: false).response
    #expect(refused?.status == .unsupportedMediaType)
  }

  @Test("gRPC-Web isn't native where native gRPC is allowed, and other formats are refused")
  @available(GRPCWeb 1.0, *)
  func besideNative() throws {
    let call = try #require(Self.nativeRoute(contentType: "application/grpc-web").call)
    #expect(!call.isNativeGRPC)
    let json = Self.nativeRoute(contentType: "application/grpc+json").response
    #expect(json?.status == .unsupportedMediaType)
  }

  @Test("A native call of a method that isn't registered is unimplemented, unless the app opts out")
  @available(GRPCWeb 1.0, *)
  func unknownNativeMethod() throws {
    let call = try #require(Self.nativeRoute(Self.unknown).call)
    #expect(call.isNativeGRPC)
    #expect(call.failure?.code == .unimplemented)
    #expect(Self.nativeRoute(Self.unknown) { $0.answersUnknownMethods = false }.isPass)
    #expect(Self.nativeRoute(Self.unknown, isAllowed: false).isPass)
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebRoute {
  fileprivate var isPass: Bool {
    guard case .pass = self else { return false }
    return true
  }

  fileprivate var response: HTTPResponse? {
    guard case .respond(let response) = self else { return nil }
    return response
  }

  fileprivate var call: GRPCWebCallHead? {
    guard case .call(let call) = self else { return nil }
    return call
  }
}
