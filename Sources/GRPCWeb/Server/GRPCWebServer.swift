public import GRPCCore
public import HTTPTypes
public import Logging
public import NIOCore

/// Services that answer gRPC-Web calls inside a web app.
///
/// The services are gRPC Swift's, with stock generated code and interceptors. An adapter module adds
/// what the web framework calls its extension point; with `GRPCWebHummingbird`:
///
/// ```swift
/// let grpcWeb = GRPCWebServer { Greeter() }
/// router.add(middleware: grpcWeb.middleware())
/// ```
///
/// There is nothing to start: calls are answered as soon as a server exists, and end when the last
/// reference to it is gone.
@available(GRPCWeb 1.0, *)
public final class GRPCWebServer: Sendable {
  package let transport: GRPCWebServerTransport
  private let server: GRPCServer<GRPCWebServerTransport>
  private let serving: Task<Void, any Error>

  /// Creates a server of services.
  ///
  /// ```swift
  /// let grpcWeb = GRPCWebServer(interceptors: [Guard()]) {
  ///   Greeter()
  ///   Orders()
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - interceptors: Called in this order for each call, before the service.
  ///   - config: How calls are answered.
  ///   - logger: Where faults of the app are logged, such as metadata that can't be sent.
  ///   - services: The services to offer.
  @inlinable
  public convenience init(
    interceptors: [any ServerInterceptor] = [],
    config: GRPCWebServer.Config = .defaults,
    logger: Logger = Logger(label: "grpc-web"),
    @GRPCWebServicesBuilder services: () -> some RegistrableRPCService
  ) {
    var router = RPCRouter<GRPCWebServerTransport>()
    services().registerMethods(with: &router)
    router.registerInterceptors(
      pipeline: Self.pipeline(interceptors, config: config, logger: logger)
    )
    self.init(router: router, config: config, logger: logger)
  }

  /// Creates a server of a list of services that is made at run time.
  ///
  /// Calls take somewhat longer than those of ``init(interceptors:config:logger:services:)``.
  ///
  /// - Parameters:
  ///   - services: The services to offer.
  ///   - interceptors: Called in this order for each call, before the service.
  ///   - config: How calls are answered.
  ///   - logger: Where faults of the app are logged, such as metadata that can't be sent.
  public convenience init(
    services: [any RegistrableRPCService],
    interceptors: [any ServerInterceptor] = [],
    config: GRPCWebServer.Config = .defaults,
    logger: Logger = Logger(label: "grpc-web")
  ) {
    var router = RPCRouter<GRPCWebServerTransport>()
    for service in services {
      service.registerMethods(with: &router)
    }
    router.registerInterceptors(
      pipeline: Self.pipeline(interceptors, config: config, logger: logger)
    )
    self.init(router: router, config: config, logger: logger)
  }

  /// Creates a server of methods that have been registered with a router, with their interceptors.
  ///
  /// With a router an app can offer some methods of a service only, and have interceptors for some calls only. Such a
  /// router needs ``GRPCWebServiceErrors`` as its first interceptor, if errors that services throw are to be logged:
  ///
  /// ```swift
  /// var router = RPCRouter<GRPCWebServerTransport>()
  /// Greeter().registerMethods(with: &router)
  /// router.registerInterceptors(pipeline: [
  ///   .apply(GRPCWebServiceErrors(), to: .all),
  ///   .apply(Guard(), to: .methods([Helloworld_Greeter.Method.SayHello.descriptor])),
  /// ])
  /// let grpcWeb = GRPCWebServer(router: router)
  /// ```
  ///
  /// - Parameters:
  ///   - router: The methods to offer.
  ///   - config: How calls are answered.
  ///   - logger: Where faults of the app are logged, such as metadata that can't be sent.
  public init(
    router: RPCRouter<GRPCWebServerTransport>,
    config: GRPCWebServer.Config = .defaults,
    logger: Logger = Logger(label: "grpc-web")
  ) {
    let transport = GRPCWebServerTransport(config: config, logger: logger)
    // The server configures its transport in a task of its own; a request may come before that.
    transport.configure(methods: router.methods)
    let server = GRPCServer(transport: transport, router: router)

    self.transport = transport
    self.server = server
    self.serving = Task { try await server.serve() }
  }

  /// The interceptors of a server: its own, then the app's.
  @usableFromInline
  static func pipeline(
    _ interceptors: [any ServerInterceptor],
    config: GRPCWebServer.Config,
    logger: Logger
  ) -> [ConditionalInterceptor<any ServerInterceptor>] {
    GRPCWebServiceErrors.before(
      interceptors.map { .apply($0, to: .all) },
      config: config,
      logger: logger
    )
  }

  deinit {
    self.serving.cancel()
  }

  /// Refuses further calls; running calls may go on for the configured grace period, after which they fail with
  /// `unavailable` and are cancelled.
  public func beginGracefulShutdown() {
    // `GRPCServer.beginGracefulShutdown()` reaches the transport only while `serve` runs.
    self.transport.beginGracefulShutdown()
  }

  /// Refuses further calls, and ends running calls with `unavailable`, at once.
  package func endCalls() {
    self.serving.cancel()
  }

  /// The time from the beginning of graceful shutdown until a connection is closed whose client doesn't take the
  /// response of a call.
  package var closingPeriod: Duration {
    self.transport.closingPeriod
  }

  /// Waits until graceful shutdown has begun and the last call has ended.
  public func untilShutdown() async {
    _ = await self.serving.result
  }

  /// Decides what to do with a request, from its head alone.
  ///
  /// For a request that has nothing to do with gRPC-Web this costs looking its path up.
  ///
  /// - Parameters:
  ///   - request: The head of the request.
  ///   - prefix: The path that the services are mounted at, such as `/api`; empty for none. A slash
  ///     may be missing before it, or follow it.
  ///   - info: What else is known of the request. Evaluated only where there is an observer.
  public func route(
    _ request: HTTPRequest,
    prefix: String = "",
    info: @autoclosure () -> GRPCWebRequestInfo = GRPCWebRequestInfo()
  ) -> GRPCWebRoute {
    self.transport.route(
      request,
      prefix: GRPCWebServerTransport.normalized(prefix: prefix),
      info: info()
    )
  }

  /// Answers a call.
  ///
  /// Returns when the head of the response is known. Cancelling the task, like not reading the body
  /// of the response, cancels the call.
  ///
  /// - Parameters:
  ///   - call: The call, as ``route(_:prefix:info:)`` made it of the head of the request.
  ///   - body: The body of the request. It is read when the service asks for it, and not any more
  ///     when the response has been sent.
  ///   - peers: The two ends of the connection.
  ///   - logger: The web framework's logger of the request, to log errors of the service with; the transport's own by
  ///     default.
  ///   - requestContext: What the web framework knows of the request, such as its own request type, for services to get
  ///     with `ServerContext.requestContext(as:)`.
  ///   - watchClient: Called with a closure to call when the client goes away, for adapters to frameworks
  ///     that can tell and don't cancel the task themselves; not called for calls that have ended by then.
  public func respond<Body: AsyncSequence & Sendable>(
    to call: GRPCWebCallHead,
    body: Body,
    peers: GRPCWebPeers = .unknown,
    logger: Logger? = nil,
    requestContext: (any Sendable)? = nil,
    watchClient: ((_ clientIsGone: @escaping @Sendable () -> Void) -> Void)? = nil
  ) async -> GRPCWebResponse where Body.Element == ByteBuffer {
    await self.transport.respond(
      to: call,
      body: body,
      peers: peers,
      logger: logger,
      requestContext: requestContext,
      watchClient: watchClient
    )
  }
}
