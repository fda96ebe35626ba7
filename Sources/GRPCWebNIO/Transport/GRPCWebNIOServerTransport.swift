#if NIO
public import GRPCCore
public import GRPCWeb
public import Logging
public import NIOCore
internal import NIOExtras
public import NIOPosix
internal import NIOSSL
internal import Synchronization

/// A gRPC Swift server transport with a port of its own, for servers that are no web app otherwise.
///
/// On that port it answers gRPC-Web over HTTP/1.1 and HTTP/2, and native gRPC over HTTP/2:
///
/// ```swift
/// let server = GRPCServer(
///   transport: .grpcWebNIO(
///     address: .ipv4(host: "0.0.0.0", port: 8080),
///     transportSecurity: .plaintext
///   )
/// ) {
///   Greeter()
/// }
/// try await server.serve()
/// ```
///
/// With TLS the version of HTTP is negotiated by ALPN. Without, HTTP/2 is spoken with clients that begin
/// with its preface ("prior knowledge", RFC 9113, section 3.3).
///
/// Requests that are none of a service's are answered with the HTTP status 404.
@available(GRPCWeb 1.0, *)
public final class GRPCWebNIOServerTransport: ServerTransport {
  /// The type that messages are serialized to.
  public typealias Bytes = GRPCWebMessage

  private enum State {
    case idle
    case listening(any Channel)
    case stopped
  }

  private let address: Address
  private let security: TransportSecurity
  private let config: Config
  private let logger: Logger
  private let eventLoopGroup: any EventLoopGroup
  private let calls: GRPCWebServerTransport
  private let quiescing: ServerQuiescingHelper
  private let connections: AcceptedConnections
  private let bound: EventLoopPromise<SocketAddress>
  private let closed: EventLoopPromise<Void>
  private let state = Mutex(State.idle)

  /// Creates a transport.
  ///
  /// - Parameters:
  ///   - address: The address to listen on.
  ///   - transportSecurity: Whether and how connections are encrypted.
  ///   - config: How connections are kept and calls answered.
  ///   - eventLoopGroup: The event loops that connections are served on.
  ///   - logger: Where faults of the app are logged, such as metadata that can't be sent.
  public init(
    address: Address,
    transportSecurity: TransportSecurity,
    config: Config = .defaults,
    eventLoopGroup: MultiThreadedEventLoopGroup = .singleton,
    logger: Logger = Logger(label: "grpc-web")
  ) {
    self.address = address
    self.security = transportSecurity
    self.config = config
    self.logger = logger
    self.eventLoopGroup = eventLoopGroup
    self.calls = GRPCWebServerTransport(config: config.calls, logger: logger)
    self.quiescing = ServerQuiescingHelper(group: eventLoopGroup)
    self.connections = AcceptedConnections(maximum: config.connections.maximumCount)
    self.bound = eventLoopGroup.any().makePromise()
    self.closed = eventLoopGroup.any().makePromise()
  }

  deinit {
    // In debug builds SwiftNIO traps when a promise is dropped, also that of a transport that never listened.
    self.bound.fail(GRPCWebNIOServerTransport.notListening)
    self.quiescing.initiateShutdown(promise: self.closed)
  }

  private static let notListening = RPCError(
    code: .unavailable,
    message: "The server doesn't listen: it couldn't, or it has been shut down."
  )

  /// The address that the server listens on, with the port that the system chose where port 0 was asked
  /// for.
  ///
  /// Waits until the server listens.
  ///
  /// - Throws: An `RPCError`, `unavailable`, when the server has been shut down; or what kept it from
  ///   listening.
  public var listeningAddress: SocketAddress {
    get async throws {
      if case .stopped = self.state.withLock({ $0 }) {
        throw Self.notListening
      }
      return try await self.bound.futureResult.get()
    }
  }

  /// The interceptors of a server on this transport: its own, then the app's.
  @usableFromInline
  func pipeline(
    _ pipeline: [ConditionalInterceptor<any ServerInterceptor>]
  ) -> [ConditionalInterceptor<any ServerInterceptor>] {
    GRPCWebServiceErrors.before(pipeline, config: self.config.calls, logger: self.logger)
  }

  // What GRPCServer calls

  /// Sets the registered methods, which decide which paths are answered.
  public func configure(context: GRPCServerContext) {
    self.calls.configure(context: context)
  }

  /// Listens until graceful shutdown has begun and the last connection is closed.
  ///
  /// Cancelling the task ends all calls with `unavailable` and closes all connections.
  ///
  /// - Throws: What keeps the server from listening: an address in use, or TLS that is wrongly configured.
  public func listen(
    streamHandler:
      @escaping @Sendable (
        _ stream: RPCStream<Inbound, Outbound>,
        _ context: ServerContext
      ) async -> Void
  ) async throws {
    do {
      try await self.bind()
    } catch {
      self.bound.fail(error)
      self.stop()
      throw error
    }

    try await self.calls.listen(streamHandler: streamHandler)
    // Needed where the task was cancelled; without effect where shutdown has begun.
    self.stop()
    await withTaskCancellationHandler {
      try? await self.closed.futureResult.get()
    } onCancel: {
      self.connections.closeAll()
    }
  }

  /// Accepts no further connections and calls, and ends the calls that still run when the grace period is over.
  public func beginGracefulShutdown() {
    self.stop()
    self.calls.beginGracefulShutdown()
  }

  private func stop() {
    let isFirst = self.state.withLock { state in
      if case .stopped = state { return false }
      state = .stopped
      return true
    }
    if isFirst {
      self.bound.fail(Self.notListening)
      self.quiescing.initiateShutdown(promise: self.closed)
      self.scheduleCloseOfConnections()
    }
  }

  /// Closes the connections that are left when the grace period is over: those of clients that don't read their
  /// responses, or don't send their requests.
  private func scheduleCloseOfConnections() {
    let period = TimeAmount(self.config.closingPeriod)
    let close = self.eventLoopGroup.any().scheduleTask(in: period) { [connections] in
      connections.closeAll()
    }
    self.closed.futureResult.whenComplete { _ in close.cancel() }
  }

  private func bind() async throws {
    let initializer = ConnectionInitializer(
      calls: self.calls,
      config: self.config,
      tls: try self.security.makeContext()
    )
    var bootstrap = ServerBootstrap(group: self.eventLoopGroup)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { [quiescing, connections] channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(connections.makeHandler())
          try channel.pipeline.syncOperations.addHandler(
            quiescing.makeServerChannelHandler(channel: channel)
          )
        }
      }
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      // Bytes that a client doesn't take are to wait in their call, which makes the service wait, and not here.
      .childChannelOption(.writeBufferWaterMark, value: .init(low: 8 * 1024, high: 16 * 1024))
      .childChannelInitializer { initializer.initialize($0) }

    if self.config.connections.maximumCount != nil {
      // With more messages a read, SwiftNIO could accept several connections before the maximum is checked.
      bootstrap = bootstrap.serverChannelOption(.maxMessagesPerRead, value: 1)
    }

    let channel = try await self.address.bind(bootstrap)
    let isStopped = self.state.withLock { state in
      if case .stopped = state { return true }
      state = .listening(channel)
      return false
    }
    guard !isStopped, let address = channel.localAddress else {
      try await channel.close()
      throw Self.notListening
    }
    self.bound.succeed(address)
  }
}

@available(GRPCWeb 1.0, *)
extension ServerTransport where Self == GRPCWebNIOServerTransport {
  /// A transport with a port of its own, which answers gRPC-Web over HTTP/1.1 and HTTP/2, and native
  /// gRPC over HTTP/2.
  ///
  /// - Parameters:
  ///   - address: The address to listen on.
  ///   - transportSecurity: Whether and how connections are encrypted.
  ///   - config: How connections are kept and calls answered.
  ///   - eventLoopGroup: The event loops that connections are served on.
  public static func grpcWebNIO(
    address: GRPCWebNIOServerTransport.Address,
    transportSecurity: GRPCWebNIOServerTransport.TransportSecurity,
    config: GRPCWebNIOServerTransport.Config = .defaults,
    eventLoopGroup: MultiThreadedEventLoopGroup = .singleton
  ) -> Self {
    GRPCWebNIOServerTransport(
      address: address,
      transportSecurity: transportSecurity,
      config: config,
      eventLoopGroup: eventLoopGroup
    )
  }
}
#endif
