import GRPCCore
import GRPCWeb
import GRPCWebHummingbird
import GRPCWebTestSupport
import HTTPTypes
import Hummingbird
import SwiftProtobuf
import Testing

/// Calls behind middleware of the app that signs users in.
@Suite(.timeLimit(.minutes(3)))
struct SignInTests {
  @Test("A call that sign-in refuses gets the status and the message of its error, in both modes")
  @available(GRPCWeb 1.0, *)
  func refused() async throws {
    try await Self.run { app in
      for contentType in ["application/grpc-web+proto", "application/grpc-web-text"] {
        let answer = try await app.answer(
          try .call(contentType: contentType, fields: [("origin", Self.shop)], texts: ["hello"])
        )
        #expect(answer.httpStatus == 200)
        #expect(answer.status == Status.Code.unauthenticated.rawValue)
        #expect(answer.statusMessage == "Please sign in.")
        // A page reads a status of the body whatever CORS exposes.
        #expect(answer.trailers != nil)
      }
    }
  }

  @Test("A call with credentials reaches the service, which knows the user")
  @available(GRPCWeb 1.0, *)
  func signedIn() async throws {
    try await Self.run { app in
      let answer = try await app.answer(
        try .call(fields: [("authorization", "Bearer Ada")], texts: ["hello"])
      )
      #expect(answer.status == 0)
      #expect(try answer.texts == ["Ada"])
    }
  }

  @Test(
    "Each HTTP status of middleware is the status that clients make of it, with the message",
    arguments: [
      (400, Status.Code.internalError), (401, .unauthenticated), (403, .permissionDenied),
      (404, .unimplemented), (429, .unavailable), (500, .unknown), (503, .unavailable),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func statuses(httpStatus: Int, code: Status.Code) async throws {
    try await Self.run { app in
      let answer = try await app.answer(
        try .call(fields: [("x-fail", "\(httpStatus)")], texts: ["hello"])
      )
      #expect(answer.status == code.rawValue)
      #expect(answer.statusMessage == "Failed.")
    }
  }

  @Test("An RPCError of middleware is the status itself, and another error is the app's")
  @available(GRPCWeb 1.0, *)
  func otherErrors() async throws {
    try await Self.run { app in
      let answer = try await app.answer(try .call(fields: [("x-fail", "rpc")], texts: ["hello"]))
      #expect(answer.status == Status.Code.failedPrecondition.rawValue)
      #expect(answer.statusMessage == "Not yet.")

      let unknown = try await app.answer(try .call(fields: [("x-fail", "x")], texts: ["hello"]))
      #expect(unknown.httpStatus == 500)
    }
  }

  @Test("Other requests get the app's answer to an error")
  @available(GRPCWeb 1.0, *)
  func otherRequests() async throws {
    try await Self.run { app in
      let answer = try await app.answer(RawRequest(method: "GET", path: "/plain"))
      #expect(answer.httpStatus == 401)
      #expect(String(decoding: answer.body, as: UTF8.self).contains("Please sign in."))
    }
  }

  @Test(
    "A preflight isn't refused by sign-in, be CORS the server's or the app's",
    arguments: [true, false]
  )
  @available(GRPCWeb 1.0, *)
  func preflight(isCORSOfApp: Bool) async throws {
    try await Self.run(isCORSOfApp: isCORSOfApp) { app in
      let preflight = RawRequest(
        method: "OPTIONS",
        path: "/sonora.test.Echo/Get",
        fields: [
          ("origin", Self.shop), ("access-control-request-method", "POST"),
          ("access-control-request-headers", "content-type,x-grpc-web,grpc-timeout"),
        ]
      )
      let answer = try await app.answer(preflight)
      #expect(answer.httpStatus == 204)
      #expect(answer.header("access-control-allow-origin") == [Self.shop])
      let allowed = answer.header("access-control-allow-headers").joined(separator: ",")
      for name in ["content-type", "x-grpc-web", "grpc-timeout"] {
        #expect(allowed.contains(name))
      }

      // And the page may read the refusal of the call that follows.
      let call = try await app.answer(
        try .call(fields: [("origin", Self.shop)], texts: ["hello"])
      )
      #expect(call.status == Status.Code.unauthenticated.rawValue)
      #expect(call.header("access-control-allow-origin") == [Self.shop])
    }
  }

  @Test("The record of a call that the app refuses says so")
  @available(GRPCWeb 1.0, *)
  func record() async throws {
    let observer = RecordingObserver()
    try await Self.run(observer: observer) { app in
      _ = try await app.answer(try .call(texts: ["hello"]))
      let record = try await observer.record()
      #expect(record.end == .app)
      #expect(record.status?.code == .unauthenticated)
      #expect(record.info.method.fullyQualifiedMethod == "sonora.test.Echo/Get")
      #expect(observer.started.values.count == 1)
    }
  }

  @Test(
    "An HTTPError that a service throws is the status of that meaning",
    arguments: [
      (HTTPResponse.Status.notFound, Status.Code.notFound), (.conflict, .aborted),
      (.unauthorized, .unauthenticated), (.badRequest, .invalidArgument),
      (.tooManyRequests, .resourceExhausted), (.internalServerError, .internalError),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func serviceErrors(status: HTTPResponse.Status, code: Status.Code) async throws {
    let service = ScriptedService(
      onGet: { _, _ in throw HTTPError(status, message: "Failed.") },
      onExpand: { _, _ in
        StreamingServerResponse { writer in
          try await writer.write(EchoMessage())
          throw HTTPError(status)
        }
      }
    )
    try await TestApp.run(service) { app in
      let answer = try await app.answer(try .call(texts: ["hello"]))
      #expect(answer.status == code.rawValue)
      #expect(answer.statusMessage == "Failed.")

      let stream = try await app.answer(try .call("Expand", texts: ["hello"]))
      #expect(stream.status == code.rawValue)
      #expect(!stream.statusMessage.isEmpty)
    }
  }

  @Test(
    "In a group of the router, calls are behind the group's middleware",
    arguments: [true, false]
  )
  @available(GRPCWeb 1.0, *)
  func group(isCORSOfApp: Bool) async throws {
    let grpcWeb = Self.server(isCORSOfApp: isCORSOfApp)
    let router = Router(context: UserContext.self)
    router.group("account")
      .add(middleware: grpcWeb.errorMiddleware())
      .add(middleware: SignIn())
      .add(middleware: grpcWeb.middleware())
    router.get("plain") { _, _ in "plain" }
    try await TestApp.run(router, grpcWeb) { app in
      let answer = try await app.answer(
        try .call(
          prefix: "/account",
          fields: [("authorization", "Bearer Ada")],
          texts: ["hello"]
        )
      )
      #expect(answer.status == 0)
      #expect(try answer.texts == ["Ada"])

      let refused = try await app.answer(try .call(prefix: "/account", texts: ["hello"]))
      #expect(refused.status == Status.Code.unauthenticated.rawValue)
      #expect(refused.statusMessage == "Please sign in.")

      for request in [
        try RawRequest.call(texts: ["hello"]),
        try RawRequest.call("Nope", prefix: "/account", texts: ["hello"]),
      ] {
        #expect(try await app.answer(request).httpStatus == 404)
      }
      #expect(try await app.answer(RawRequest(method: "GET", path: "/plain")).httpStatus == 200)

      let preflight = RawRequest(
        method: "OPTIONS",
        path: "/account/sonora.test.Echo/Get",
        fields: [("origin", Self.shop), ("access-control-request-method", "POST")]
      )
      #expect(try await app.answer(preflight).httpStatus == (isCORSOfApp ? 404 : 204))
    }
  }

  // The app

  private static let shop = "https://shop.example"

  @available(GRPCWeb 1.0, *)
  private static func server(
    isCORSOfApp: Bool,
    observer: (any GRPCWebServerObserver)? = nil
  ) -> GRPCWebServer {
    let service = ScriptedService(onGet: { _, context in
      let user = context.requestContext(as: UserContext.self)?.user
      return ServerResponse(message: .with { $0.text = user ?? "nobody" })
    })
    let config = GRPCWebServer.Config.defaults {
      $0.observer = observer
      $0.cors = isCORSOfApp ? .disabled : .allow(origins: [Self.shop])
    }
    return GRPCWebServer(services: [service], config: config)
  }

  /// Runs an app with the middleware in the documented order.
  @available(GRPCWeb 1.0, *)
  private static func run(
    isCORSOfApp: Bool = false,
    observer: (any GRPCWebServerObserver)? = nil,
    _ body: (TestApp) async throws -> Void
  ) async throws {
    let grpcWeb = Self.server(isCORSOfApp: isCORSOfApp, observer: observer)
    let router = Router(context: UserContext.self)
    if isCORSOfApp {
      router.add(
        middleware: CORSMiddleware(
          allowOrigin: .oneOf(Self.shop),
          allowHeaders: GRPCWebServer.corsAllowedHeaders + [.authorization],
          exposedHeaders: GRPCWebServer.corsExposedHeaders
        )
      )
    }
    router.add(middleware: grpcWeb.errorMiddleware())
    router.add(middleware: SignIn())
    router.add(middleware: grpcWeb.middleware())
    router.get("plain") { _, _ in "plain" }
    try await TestApp.run(router, grpcWeb, body)
  }
}

/// A request context with a user, as apps define their own.
private struct UserContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  var user: String?

  init(source: Source) {
    self.coreContext = CoreRequestContextStorage(source: source)
  }
}

/// Takes the bearer token for the name of the user; without one, or where a request asks for it, throws an error.
@available(GRPCWeb 1.0, *)
private struct SignIn: RouterMiddleware {
  struct Unexpected: Error {}

  func handle(
    _ request: Request,
    context: UserContext,
    next: (Request, UserContext) async throws -> Response
  ) async throws -> Response {
    switch HTTPField.Name("x-fail").flatMap({ request.headers[$0] }) {
    case nil:
      break
    case "rpc":
      throw RPCError(code: .failedPrecondition, message: "Not yet.")
    case let status?:
      guard let code = Int(status) else { throw Unexpected() }
      throw HTTPError(HTTPResponse.Status(code: code), message: "Failed.")
    }

    guard let header = request.headers[.authorization], header.hasPrefix("Bearer ") else {
      throw HTTPError(.unauthorized, message: "Please sign in.")
    }
    var context = context
    context.user = String(header.dropFirst("Bearer ".count))
    return try await next(request, context)
  }
}
