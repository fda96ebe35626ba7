public import GRPCCore
public import HTTPTypes
public import Logging
public import NIOCore
internal import Synchronization

/// A gRPC Swift server transport that has no port of its own: it answers the gRPC-Web requests that
/// an adapter hands it from a web app.
///
/// Most apps use ``GRPCWebServer``, which runs a `GRPCServer` on this transport. Use the transport
/// itself to run the `GRPCServer` under your own control.
@available(GRPCWeb 1.0, *)
public final class GRPCWebServerTransport: ServerTransport {
  /// The type that messages are serialized to.
  public typealias Bytes = GRPCWebMessage

  /// What handles calls: an object, as a closure would be wrapped anew each time that it is handed on.
  private final class StreamHandler: Sendable {
    let handle: @Sendable (RPCStream<Inbound, Outbound>, ServerContext) async -> Void

    init(_ handle: @escaping @Sendable (RPCStream<Inbound, Outbound>, ServerContext) async -> Void)
    {
      self.handle = handle
    }
  }

  private struct State {
    var methods = MethodTable([])
    var streamHandler: StreamHandler?
    /// Calls that came before the server listened.
    var waitingForHandler: [CheckedContinuation<StreamHandler?, Never>] = []
    var calls: [ObjectIdentifier: ServerCall] = [:]
    var isShuttingDown = false
    /// `listen`, while it waits for shutdown and for the last call.
    var listener: CheckedContinuation<Void, Never>?
    var gracePeriod: Task<Void, Never>?

    /// Takes `listen` when it can return.
    mutating func takeListenerIfDone() -> CheckedContinuation<Void, Never>? {
      self.isShuttingDown && self.calls.isEmpty ? self.listener.take() : nil
    }
  }

  private let config: GRPCWebServer.Config
  private let logger: Logger
  private let errorLogger: ServiceErrorLogger
  private let state = Mutex(State())

  /// What fronts on event loops keep for each of them.
  package let eventLoopStorage = EventLoopStorage()

  /// Creates a transport.
  ///
  /// - Parameters:
  ///   - config: How calls are answered.
  ///   - logger: Where faults of the app are logged, such as metadata that can't be sent.
  public init(
    config: GRPCWebServer.Config = .defaults,
    logger: Logger = Logger(label: "grpc-web")
  ) {
    self.config = config
    self.logger = logger
    self.errorLogger = ServiceErrorLogger(levels: config.errorLogging, logger: logger)
  }

  /// When after the beginning of graceful shutdown a connection is closed whose client doesn't take the response of
  /// a call.
  ///
  /// A second later than the calls are ended: so much time clients have to take their statuses.
  package var closingPeriod: Duration {
    self.config.shutdownGracePeriod + .seconds(1)
  }

  // What GRPCServer calls

  /// Takes the registered methods: they decide which paths are answered.
  public func configure(context: GRPCServerContext) {
    self.configure(methods: context.methods)
  }

  func configure(methods: [MethodDescriptor]) {
    let methods = MethodTable(methods)
    self.state.withLock { $0.methods = methods }
  }

  /// Answers calls until graceful shutdown has begun and the last call has ended.
  ///
  /// Cancelling the task ends all calls with `unavailable`.
  public func listen(
    streamHandler:
      @escaping @Sendable (
        _ stream: RPCStream<Inbound, Outbound>,
        _ context: ServerContext
      ) async -> Void
  ) async throws {
    let streamHandler = StreamHandler(streamHandler)
    let waiting = self.state.withLock { state in
      state.streamHandler = streamHandler
      defer { state.waitingForHandler = [] }
      return state.waitingForHandler
    }
    for continuation in waiting {
      continuation.resume(returning: streamHandler)
    }

    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let listener = self.state.withLock { state in
          state.listener = continuation
          return state.takeListenerIfDone()
        }
        listener?.resume()
      }
    } onCancel: {
      self.shutDown(gracePeriod: nil)
    }
    self.state.withLock { $0.gracePeriod.take() }?.cancel()
  }

  /// Takes no further calls, and ends those still running when the grace period is over.
  public func beginGracefulShutdown() {
    self.shutDown(gracePeriod: self.config.shutdownGracePeriod)
  }

  private func shutDown(gracePeriod: Duration?) {
    let (listener, waiting) = self.state.withLock { state in
      if let gracePeriod = gracePeriod, state.gracePeriod == nil, !state.calls.isEmpty {
        state.gracePeriod = Task { [weak self] in
          try? await Task.sleep(for: gracePeriod)
          self?.failCalls()
        }
      }
      state.isShuttingDown = true
      defer { state.waitingForHandler = [] }
      return (state.takeListenerIfDone(), state.waitingForHandler)
    }
    listener?.resume()
    for continuation in waiting {
      continuation.resume(returning: nil)
    }
    if gracePeriod == nil {
      self.failCalls()
    }
  }

  private func failCalls() {
    for call in self.state.withLock({ Array($0.calls.values) }) {
      call.fail(.shuttingDown, by: .shutdown)
    }
  }

  // What adapters call

  /// The bounds on what one call may cost.
  package var limits: GRPCWebServer.Config.Limits {
    self.config.limits
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
    self.route(
      request,
      prefix: Self.normalized(prefix: prefix),
      allowsNativeGRPC: false,
      info: info()
    )
  }

  /// A prefix with a slash before it and none behind, as the paths of methods begin with one.
  package static func normalized(prefix: String) -> String {
    // Often it is as it should be.
    if prefix.utf8.first == UInt8(ascii: "/") && prefix.utf8.last != UInt8(ascii: "/") {
      return prefix
    }
    return prefix.split(separator: "/").map { "/\($0)" }.joined()
  }

  /// Decides what to do with a request, also with one of native gRPC where the front is HTTP/2's and
  /// can send trailers.
  package func route(
    _ request: HTTPRequest,
    prefix: String,
    allowsNativeGRPC: Bool,
    info: @autoclosure () -> GRPCWebRequestInfo
  ) -> GRPCWebRoute {
    guard var path = request.path else { return .pass }
    if !prefix.isEmpty {
      // By bytes, as a proxy before this server compares.
      guard path.utf8.starts(with: prefix.utf8) else { return .pass }
      path = String(Substring(path.utf8.dropFirst(prefix.utf8.count)))
    }
    let methods = self.state.withLock { $0.methods }
    let route = GRPCWebRoute(
      request,
      path: path,
      methods: methods,
      allowsNativeGRPC: allowsNativeGRPC,
      config: self.config
    )
    guard let observer = self.config.observer else { return route }
    let method = methods.method(forPath: path)
    guard let named = method ?? MethodTable.descriptor(forPath: path) else { return route }
    return route.observed(
      by: observer,
      method: named,
      isMethodRegistered: method != nil,
      request: info()
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
  ///   - watchClient: Called with a closure to call when the client goes away, for adapters to frameworks
  ///     that can tell and don't cancel the task themselves; not called for calls that have ended by then.
  public func respond<Body: AsyncSequence & Sendable>(
    to call: GRPCWebCallHead,
    body: Body,
    peers: GRPCWebPeers,
    logger: Logger? = nil,
    watchClient: ((_ clientIsGone: @escaping @Sendable () -> Void) -> Void)? = nil
  ) async -> GRPCWebResponse where Body.Element == ByteBuffer {
    let call = self.makeCall(call, logger: logger)
    self.start(call, body: body, peers: peers)
    if let watchClient = watchClient, call.isOpen {
      watchClient { [weak call] in call?.abandon() }
    }
    let output = await withTaskCancellationHandler {
      await call.nextOutput()
    } onCancel: {
      call.abandon()
    }

    guard let output = output, let head = output.head else {
      // The first output of a response always has its head.
      return GRPCWebResponse(head: HTTPResponse(status: .internalServerError), body: .complete([]))
    }
    if output.isEnd && head.headerFields.contains(.contentLength) && !call.isReading {
      return GRPCWebResponse(head: head, body: .complete(output.body))
    }
    let stream = GRPCWebResponseStream(call: call, first: output)
    return GRPCWebResponse(head: head, body: .stream(stream))
  }

  // What fronts on an event loop call

  /// Makes a call, which is to be started when enough of its request has been delivered.
  ///
  /// A call that failed by its head has its answer at once.
  package func makeCall(
    _ head: GRPCWebCallHead,
    delegate: (any ServerCallDelegate)? = nil,
    logger: Logger? = nil
  ) -> ServerCall {
    ServerCall(head, config: self.config, delegate: delegate, logger: logger)
  }

  /// Starts the service on a call.
  ///
  /// The deadline is the front's to enforce.
  package func start(_ call: ServerCall, peers: GRPCWebPeers) {
    guard let registration = self.register(call) else { return }
    let service = Task {
      let request = ServerCall.DeliveredRequestSequence(call: call)
      await self.run(call, request: request, peers: peers, registration: registration)
    }
    call.serviceStarted(service, deadline: nil)
  }

  // Services

  /// Starts the service on a call of an asynchronous front, and a task that enforces its deadline.
  private func start<Body: AsyncSequence & Sendable>(
    _ call: ServerCall,
    body: Body,
    peers: GRPCWebPeers
  ) where Body.Element == ByteBuffer {
    guard let registration = self.register(call) else { return }
    let run: @Sendable () async -> Void = {
      let request = ServerCall.RequestSequence(call: call, body: body)
      await self.run(call, request: request, peers: peers, registration: registration)
    }

    if let timeout = call.head.timeout {
      let deadline = Task {
        guard (try? await Task.sleep(for: timeout, tolerance: .zero)) != nil else { return }
        call.fail(.deadlineExceeded, by: .deadline)
      }
      call.serviceStarted(Task(operation: run), deadline: deadline)
    } else {
      // The front waits for the answer anyway, and gets it at once from a service that doesn't suspend. Not so
      // with a deadline, which passes also while a service doesn't give up its thread.
      call.serviceStarted(.startingHere(run), deadline: nil)
    }
  }

  /// Runs the service on a call, to its end.
  private func run(
    _ call: ServerCall,
    request: some AsyncSequence<RPCRequestPart<GRPCWebMessage>, any Error> & Sendable,
    peers: GRPCWebPeers,
    registration: Registration
  ) async {
    let method = call.head.method
    if !call.head.undecodableKeys.isEmpty {
      self.logger.info(
        "Request metadata was left out: a value that isn't UTF-8.",
        metadata: Self.logMetadata(method: method, keys: call.head.undecodableKeys)
      )
    }
    var streamHandler = registration.streamHandler
    if streamHandler == nil {
      streamHandler = await self.streamHandler()
    }
    if let streamHandler = streamHandler {
      if let observed = call.head.observed {
        await observed.run {
          await self.handle(call, request: request, peers: peers, by: streamHandler)
        }
      } else {
        await self.handle(call, request: request, peers: peers, by: streamHandler)
      }
    } else {
      call.serviceFailed(.shuttingDown, by: .shutdown)
    }

    let rejectedKeys = call.serviceReturned()
    if !rejectedKeys.isEmpty {
      self.logger.warning(
        "Response metadata was left out: a reserved or invalid key, or an invalid value.",
        metadata: Self.logMetadata(method: method, keys: rejectedKeys)
      )
    }
    self.errorLogger.logStatus(of: call)
    self.unregister(call)
  }

  private func handle(
    _ call: ServerCall,
    request: some AsyncSequence<RPCRequestPart<GRPCWebMessage>, any Error> & Sendable,
    peers: GRPCWebPeers,
    by streamHandler: StreamHandler
  ) async {
    await withServerContextRPCCancellationHandle { cancellation in
      call.setCancellationHandle(cancellation)
      var context = ServerContext(
        descriptor: call.head.method,
        remotePeer: peers.remote,
        localPeer: peers.local,
        cancellation: cancellation
      )
      context.transportSpecific = ServerCallReference(call: call)
      await streamHandler.handle(
        RPCStream(
          descriptor: call.head.method,
          inbound: RPCAsyncSequence(wrapping: request),
          outbound: RPCWriter.Closable(wrapping: ServerCall.ResponseWriter(call: call))
        ),
        context
      )
    }
  }

  private static func logMetadata(method: MethodDescriptor, keys: [String]) -> Logger.Metadata {
    [
      "grpc.method": "\(method.fullyQualifiedMethod)",
      "grpc.metadata.keys": .array(keys.map { .string($0) }),
    ]
  }

  /// The handler of calls, as soon as there is one; `nil` if the server shuts down before it
  /// listened.
  private func streamHandler() async -> StreamHandler? {
    await withCheckedContinuation { continuation in
      let (streamHandler, isWaiting) = self.state.withLock { state -> (StreamHandler?, Bool) in
        if state.streamHandler != nil || state.isShuttingDown {
          return (state.streamHandler, false)
        }
        state.waitingForHandler.append(continuation)
        return (nil, true)
      }
      if !isWaiting {
        continuation.resume(returning: streamHandler)
      }
    }
  }

  /// A call that has been noted.
  private struct Registration: Sendable {
    /// What handles the call; `nil` as long as the server doesn't listen.
    var streamHandler: StreamHandler?
  }

  /// Notes a call, unless it has ended, or the server shuts down and refuses it.
  ///
  /// - Returns: `nil` for a call that isn't to be handled.
  private func register(_ call: ServerCall) -> Registration? {
    guard call.isOpen else { return nil }
    let registration = self.state.withLock { state -> Registration? in
      guard !state.isShuttingDown else { return nil }
      state.calls[ObjectIdentifier(call)] = call
      return Registration(streamHandler: state.streamHandler)
    }
    if registration == nil {
      call.fail(.shuttingDown, by: .shutdown)
    }
    return registration
  }

  private func unregister(_ call: ServerCall) {
    let listener = self.state.withLock { state in
      state.calls[ObjectIdentifier(call)] = nil
      return state.takeListenerIfDone()
    }
    listener?.resume()
  }
}
