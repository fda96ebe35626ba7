public import GRPCCore
internal import NIOCore
internal import Synchronization

/// A gRPC Swift client transport that makes gRPC-Web calls with an HTTP client.
///
/// Adapters for HTTP clients create the transport: `.grpcWebAsyncHTTPClient(url:)`,
/// `.grpcWebURLSession(url:)`. Each attempt at a call is one HTTP request; gRPC Swift retries and
/// hedges as the service config says.
///
/// A call goes this way: the transport makes a `ClientCall` of it and starts a task for its HTTP exchange. gRPC Swift
/// writes the request to the call's `RequestWriter`; the state machine encodes it. The task takes the encoded request,
/// passes it to the HTTP client (``GRPCWebHTTPClient``), and gives the call what it receives. The state machine decodes
/// the response, which gRPC Swift reads from the call's `ResponseSequence`.
@available(GRPCWeb 1.0, *)
public final class GRPCWebClientTransport: ClientTransport {
  /// The type that messages are serialized to.
  public typealias Bytes = GRPCWebMessage

  private let url: BaseURL
  private let httpClient: any GRPCWebHTTPClient
  private let config: GRPCWebClientTransport.Config
  private let calls = Mutex(RunningCalls<ClientCall>())

  /// The limit on retries and hedging, if the service config has one.
  public let retryThrottle: RetryThrottle?

  /// Creates a transport.
  ///
  /// - Parameters:
  ///   - url: The address of the services, for example `https://example.org/api`. The scheme is
  ///     `http` if the URL has none. A user and a password in the URL are sent as `authorization`.
  ///   - httpClient: The HTTP client that makes the requests. The transport shuts it down.
  ///   - config: How calls are made.
  /// - Throws: `RPCError` with the code `invalidArgument` when the URL isn't one of HTTP.
  public init(
    url: String,
    httpClient: any GRPCWebHTTPClient,
    config: GRPCWebClientTransport.Config = .defaults
  ) throws {
    guard let baseURL = BaseURL(url) else {
      throw RPCError(
        code: .invalidArgument,
        message: "'\(BaseURL.redacting(url))' isn't the URL of an HTTP server."
      )
    }
    self.url = baseURL
    self.httpClient = httpClient
    self.config = config
    self.retryThrottle = config.serviceConfig.retryThrottling.map {
      RetryThrottle(policy: $0)
    }
  }

  /// Waits until graceful shutdown has begun and the last call has ended, then shuts the HTTP client
  /// down.
  ///
  /// Connections are opened when calls need them. Cancelling the task ends all calls with
  /// `unavailable`.
  ///
  /// - Throws: The error that the HTTP client throws while shutting down.
  public func connect() async throws {
    await withTaskCancellationHandler {
      await self.calls.suspend(in: \.shutdownWaiter) { !$0.isShutDown }
    } onCancel: {
      self.beginGracefulShutdown()
      for call in self.calls.withLock({ $0.all }) {
        call.end(.transportClosed, by: .shutdown)
      }
    }
    try await self.httpClient.shutdown()
  }

  /// Refuses further calls; running calls go on.
  public func beginGracefulShutdown() {
    self.calls.withLock { $0.beginShutdown() }?.resume()
  }

  /// Makes one attempt at a call.
  ///
  /// - Throws: The error that the closure throws; `failedPrecondition` when the transport has been
  ///   shut down; `unimplemented` when the method streams its request and the HTTP client can't.
  public func withStream<T: Sendable>(
    descriptor: MethodDescriptor,
    options: CallOptions,
    _ closure: (_ stream: RPCStream<Inbound, Outbound>, _ context: ClientContext) async throws -> T
  ) async throws -> T {
    let callOptions = ClientCallOptions(
      url: self.url,
      method: descriptor,
      options: options,
      config: self.config,
      streamsRequests: self.httpClient.streamsRequests
    )
    guard self.httpClient.streamsRequests || !callOptions.isRequestStreaming else {
      throw RPCError(
        code: .unimplemented,
        message: """
          '\(descriptor.fullyQualifiedMethod)' needs its request to be streamed, which the HTTP \
          client in use can't do on this platform.
          """
      )
    }

    let call = ClientCall(
      options: callOptions,
      observed: self.config.observer.flatMap {
        ObservedClientAttempt(callOptions, timeout: options.timeout, observer: $0)
      }
    )
    guard self.calls.withLock({ $0.insert(call) }) else {
      call.end(.transportShutDown, by: .shutdown)
      throw RPCError.transportShutDown
    }
    let httpExchange = Task {
      await self.makeHTTPExchange(of: call)
      self.calls.withLock { $0.remove(call) }?.resume()
    }
    call.httpExchangeStarted(httpExchange)
    defer { call.end(.cancelledByClient, by: .client) }

    return try await closure(
      RPCStream(
        descriptor: descriptor,
        inbound: RPCAsyncSequence(wrapping: ClientCall.ResponseSequence(call: call)),
        outbound: RPCWriter.Closable(wrapping: ClientCall.RequestWriter(call: call))
      ),
      ClientContext(descriptor: descriptor, remotePeer: self.url.peer, localPeer: "unknown")
    )
  }

  /// Returns the method config of the service config for a method: for the method itself, for its
  /// service, or for all methods.
  public func config(forMethod descriptor: MethodDescriptor) -> MethodConfig? {
    let service = descriptor.service.fullyQualifiedService
    let names = [
      MethodConfig.Name(service: service, method: descriptor.method),
      MethodConfig.Name(service: service, method: ""),
      MethodConfig.Name(service: "", method: ""),
    ]
    for name in names {
      let config = self.config.serviceConfig.methodConfig.last { $0.names.contains(name) }
      if let config = config {
        return config
      }
    }
    return nil
  }

  /// Makes the HTTP exchange of a call.
  private func makeHTTPExchange(of call: ClientCall) async {
    guard let (request, body) = await call.untilRequest() else { return }

    do {
      var isAnswered = false
      try await self.httpClient.execute(request, body: body) { response, nextBytes in
        isAnswered = true
        call.receive(response)
        while await call.receive(try await nextBytes()) {}
      }
      if !isAnswered {
        throw GRPCWebHTTPFailure(.other, detail: "The HTTP client gave no response.")
      }
    } catch let error as RPCError {
      call.end(error, by: .connection)
    } catch is CancellationError {
      call.end(.cancelledByClient, by: .client)
    } catch {
      let failure =
        error as? GRPCWebHTTPFailure
        ?? GRPCWebHTTPFailure(.other, detail: "\(error)", cause: error)
      call.end(failure.error(url: request.url, peer: self.url.peer), by: .connection)
    }
  }
}
