import GRPCWeb
import GRPCWebAdapterContract
import GRPCWebHummingbird
import GRPCWebTestSupport
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Testing

extension ContractTests {
  @Test("Hummingbird middleware", .serialized, arguments: ContractCase.all)
  @available(GRPCWeb 1.0, *)
  func hummingbirdMiddleware(_ contractCase: ContractCase) async throws {
    try await contractCase.run(against: .hummingbirdMiddleware)
  }

  @Test(
    "Hummingbird middleware on any server, in what the server may make a difference to",
    .serialized,
    arguments: ContractCase.all.filter { !$0.needs.isEmpty }
  )
  @available(GRPCWeb 1.0, *)
  func hummingbirdMiddlewareAlone(_ contractCase: ContractCase) async throws {
    try await contractCase.run(against: .hummingbirdMiddlewareAlone)
  }

  @Test("Hummingbird server", .serialized, arguments: ContractCase.all)
  @available(GRPCWeb 1.0, *)
  func hummingbirdServer(_ contractCase: ContractCase) async throws {
    try await contractCase.run(against: .hummingbirdServer)
  }
}

@available(GRPCWeb 1.0, *)
extension TestedAdapter {
  /// The middleware in a Hummingbird app, over HTTP/1.1, on the server made for it.
  static let hummingbirdMiddleware = TestedAdapter("Hummingbird middleware") { app in
    let grpcWeb = app.makeGRPCWebServer()
    let router = Router(context: UserContext.self)
    router.add(middleware: UserMiddleware(user: app.user))
    router.add(middleware: grpcWeb.middleware(prefix: app.prefix))
    return Self.hummingbird(app, grpcWeb, router: router, server: .grpcWebMiddleware(grpcWeb))
  }
  .findingUser { $0.requestContext(as: UserContext.self)?.user }

  /// The middleware in a Hummingbird app, over HTTP/1.1, with nothing else of this package.
  static let hummingbirdMiddlewareAlone = TestedAdapter(
    "Hummingbird middleware on any server",
    limits: [
      .upgradeOffers: "SwiftNIO's decoder stops after an offer, out of reach of a middleware.",
      .http10Streams: "A middleware of Hummingbird doesn't see the version of HTTP.",
      .closingBehindHTTP10: "Hummingbird closes a connection only if the request asks.",
      .stoppingUnreadResponses: "Hummingbird waits for clients to read its router's responses.",
      .expectations: "Hummingbird's middleware has no way to write an interim response.",
    ]
  ) { app in
    let grpcWeb = app.makeGRPCWebServer()
    let router = Router(context: UserContext.self)
    router.add(middleware: UserMiddleware(user: app.user))
    router.add(middleware: grpcWeb.middleware(prefix: app.prefix))
    return Self.hummingbird(app, grpcWeb, router: router, server: .http1())
  }
  .findingUser { $0.requestContext(as: UserContext.self)?.user }

  /// The channel handler in front of the router of a Hummingbird app, over HTTP/1.1.
  static let hummingbirdServer = TestedAdapter(
    "Hummingbird server",
    limits: [
      .halfClosure: "A client that closes its side counts as gone.",
      .middleware: "Calls are answered in front of the router and its middleware.",
      .requestContexts: "Calls are answered in front of the router, which makes the contexts.",
    ]
  ) { app in
    let grpcWeb = app.makeGRPCWebServer()
    let server = HTTPServerBuilder.grpcWeb(grpcWeb, prefix: app.prefix)
    return Self.hummingbird(app, grpcWeb, router: Router(), server: server)
  }

  private static func hummingbird<Context: RequestContext>(
    _ app: AdapterApp,
    _ grpcWeb: GRPCWebServer,
    router: Router<Context>,
    server: HTTPServerBuilder
  ) -> AdapterServer where Context.Source == ApplicationRequestContextSource {
    for route in app.routes {
      router.on(RouterPath(route.path), method: route.method) { request, _ in
        let body = try await request.body.collect(upTo: 1024 * 1024)
        let answer = route.respond(Array(buffer: body))
        return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer)))
      }
    }

    let ports = Recorder<Int>()
    let application = Application(
      router: router,
      server: server,
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { ports.append($0.localAddress?.port ?? 0) },
      logger: app.logger
    )
    let services = ServiceGroup(configuration: .init(services: [application], logger: app.logger))
    return AdapterServer(
      grpcWeb,
      run: { try await services.runUntilCancelled() },
      port: { ports.values.first },
      beginGracefulShutdown: { await services.triggerGracefulShutdown() }
    )
  }
}

/// An app's own request context.
private struct UserContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The user of the request.
  var user: String?

  init(source: Source) {
    self.coreContext = CoreRequestContextStorage(source: source)
  }
}

/// Notes the user that a request names, and the one that the app has set.
@available(GRPCWeb 1.0, *)
private struct UserMiddleware: RouterMiddleware {
  let user: String?

  func handle(
    _ request: Request,
    context: UserContext,
    next: (Request, UserContext) async throws -> Response
  ) async throws -> Response {
    var context = context
    context.user = HTTPField.Name("x-user").flatMap { request.headers[$0] }
    guard let user = self.user else {
      return try await next(request, context)
    }
    return try await AdapterApp.$currentUser.withValue(user) {
      try await next(request, context)
    }
  }
}
