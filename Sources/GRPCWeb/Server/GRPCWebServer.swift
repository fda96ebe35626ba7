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
/// let grpcWeb = GRPCWebServer(services: [Greeter()])
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

  /// Creates a server that applies the given interceptors to every call.
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
    self.init(
      services: services,
      interceptorPipeline: interceptors.map { .apply($0, to: .all) },
      config: config,
      logger: logger
    )
  }

  /// Creates a server of one service that applies the given interceptors to every call.
  ///
  /// Where the service is in the app's own module, gRPC Swift's code for its methods is made for this very
  /// server, which takes a tenth less time than code for any.
  ///
  /// - Parameters:
  ///   - service: The service to offer.
  ///   - interceptors: Called in this order for each call, before the service.
  ///   - config: How calls are answered.
  ///   - logger: Where faults of the app are logged, such as metadata that can't be sent.
  @inlinable
  public convenience init(
    service: some RegistrableRPCService,
    interceptors: [any ServerInterceptor] = [],
    config: GRPCWebServer.Config = .defaults,
    logger: Logger = Logger(label: "grpc-web")
  ) {
    var router = RPCRouter<GRPCWebServerTransport>()
    service.registerMethods(with: &router)
    router.registerInterceptors(
      pipeline: Self.pipeline(
        interceptors.map { .apply($0, to: .all) },
        config: config,
        logger: logger
      )
    )
    self.init(router: router, config: config, logger: logger)
  }

  /// Creates a server that applies interceptors to the calls each one targets.
  ///
  /// - Parameters:
  ///   - services: The services to offer.
  ///   - interceptorPipeline: Interceptors with the calls that they apply to, in order.
  ///   - config: How calls are answered.
  ///   - logger: Where faults of the app are logged, such as metadata that can't be sent.
  public convenience init(
    services: [any RegistrableRPCService],
    interceptorPipeline: [ConditionalInterceptor<any ServerInterceptor>],
    config: GRPCWebServer.Config = .defaults,
    logger: Logger = Logger(label: "grpc-web")
  ) {
    var router = RPCRouter<GRPCWebServerTransport>()
    for service in services {
      service.registerMethods(with: &router)
    }
    router.registerInterceptors(
      pipeline: Self.pipeline(interceptorPipeline, config: config, logger: logger)
    )
    self.init(router: router, config: config, logger: logger)
  }

  /// Creates a server of methods that have been registered with a router, with their interceptors.
  ///
  /// So an app can offer some of a service's methods only, and can have gRPC Swift's code for several services
  /// of its own module made for this very server. Such a router needs ``GRPCWebServiceErrors`` among its interceptors,
  /// if errors that services throw are to be logged:
  ///
  /// ```swift
  /// var router = RPCRouter<GRPCWebServerTransport>()
  /// Greeter().registerMethods(with: &router)
  /// Orders().registerMethods(with: &router)
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
    // Before the server does so itself, in a task of its own: a request may come first.
    transport.configure(methods: router.methods)
    let server = GRPCServer(transport: transport, router: router)

    self.transport = transport
    self.server = server
    self.serving = Task { try await server.serve() }
  }

  /// The interceptors of a server: its own, then the app's.
  @usableFromInline
  static func pipeline(
    _ pipeline: [ConditionalInterceptor<any ServerInterceptor>],
    config: GRPCWebServer.Config,
    logger: Logger
  ) -> [ConditionalInterceptor<any ServerInterceptor>] {
    GRPCWebServiceErrors.before(pipeline, config: config, logger: logger)
  }

  deinit {
    self.serving.cancel()
  }

  /// Takes no further calls; those that run may go on for the configured grace period, after which
  /// they fail with `unavailable` and are cancelled.
  public func beginGracefulShutdown() {
    // Not by way of the server, which tells the transport only while `serve` runs.
    self.transport.beginGracefulShutdown()
  }

  /// Takes no further calls, and ends those that run with `unavailable`, at once.
  package func endCalls() {
    self.serving.cancel()
  }

  /// When after the beginning of graceful shutdown a connection is closed whose client doesn't take the response of
  /// a call.
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
    self.transport.route(request, prefix: prefix, info: info())
  }

  /// Answers a call.
  ///
  /// See ``GRPCWebServerTransport/respond(to:body:peers:logger:watchClient:)``.
  ///
  /// - Parameters:
  ///   - call: The call, as ``route(_:prefix:info:)`` made it of the head of the request.
  ///   - body: The body of the request.
  ///   - peers: The two ends of the connection.
  ///   - logger: The web framework's logger of the request, to log errors of the service with.
  ///   - watchClient: Called with a closure to call when the client goes away.
  public func respond<Body: AsyncSequence & Sendable>(
    to call: GRPCWebCallHead,
    body: Body,
    peers: GRPCWebPeers = .unknown,
    logger: Logger? = nil,
    watchClient: ((_ clientIsGone: @escaping @Sendable () -> Void) -> Void)? = nil
  ) async -> GRPCWebResponse where Body.Element == ByteBuffer {
    await self.transport.respond(
      to: call,
      body: body,
      peers: peers,
      logger: logger,
      watchClient: watchClient
    )
  }
}
