#if AsyncHTTPClient
public import AsyncHTTPClient
internal import GRPCCore
public import GRPCWeb
public import HTTPTypes
public import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Makes the HTTP requests of gRPC-Web calls with AsyncHTTPClient.
@available(GRPCWeb 1.0, *)
public final class GRPCWebAsyncHTTPClientAdapter: GRPCWebHTTPClient {
  /// Whose the client is.
  private enum Ownership: Sendable {
    /// The adapter's own, and still to be shut down. It takes this long at most to connect.
    case own(connectTimeout: Duration)
    /// The adapter's own, and shut down.
    case shutDown
    /// The caller's.
    case callers
  }

  private struct State {
    var ownership: Ownership
    /// When a request was last given up without a response: its connection may still be on its way.
    var lastAbandoned: ContinuousClock.Instant?
  }

  private let client: HTTPClient
  private let state: Mutex<State>

  /// Creates an adapter with a client of its own, on the shared event loops.
  ///
  /// - Parameter configure: Changes the configuration of the client: TLS, proxy, timeouts, connection
  ///     pool. As it comes it follows no redirects, connects for 20 seconds, doesn't try again, and
  ///     waits for the next message of a stream as long as it takes.
  public init(configure: (inout HTTPClient.Configuration) -> Void = { _ in }) {
    var configuration = Self.ownConfiguration
    configure(&configuration)
    configuration.guardHTTP2()
    self.client = HTTPClient(configuration: configuration)
    let connectTimeout = configuration.timeout.connect ?? .seconds(10)
    self.state = Mutex(
      State(ownership: .own(connectTimeout: .nanoseconds(connectTimeout.nanoseconds)))
    )
  }

  /// Creates an adapter for a client of the caller's.
  ///
  /// - Parameter client: The client to use, which stays the caller's to shut down. Over TLS it can't
  ///     make calls whose request is streamed: see ``streamsRequests``.
  public init(client: HTTPClient) {
    self.client = client
    self.state = Mutex(State(ownership: .callers))
  }

  deinit {
    // An HTTP client must be shut down before it is let go of, connected or not.
    guard case .own = self.state.withLock({ $0.ownership }) else { return }
    let client = self.client
    Task { try await client.shutdown() }
  }

  private static var ownConfiguration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: HTTPClient.Configuration.Timeout(connect: .seconds(20), read: nil)
    )
    // A call to a server that isn't there fails at once; retries are gRPC Swift's.
    configuration.connectionPool.retryConnectionEstablishment = false
    // Over HTTP/1.1 a stream takes a connection as long as it runs.
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
    return configuration
  }

  /// `true`: a request can be sent while it is written, over HTTP/1.1 as over HTTP/2.
  ///
  /// With one exception: a client of the caller's doesn't stream a request over TLS. The server might agree
  /// on HTTP/2, and AsyncHTTPClient ends the process when a server ends an HTTP/2 stream before its client
  /// does. The adapter's own clients are guarded against that.
  public var streamsRequests: Bool {
    true
  }

  /// Makes one exchange.
  ///
  /// See ``GRPCWeb/GRPCWebHTTPClient``.
  public func execute(
    _ request: HTTPRequest,
    body: GRPCWebRequestBody,
    handleResponse: (
      _ response: HTTPResponse,
      _ nextBytes: () async throws -> ByteBuffer?
    ) async throws -> Void
  ) async throws {
    var clientRequest = HTTPClientRequest(url: request.url)
    clientRequest.method = .POST
    for field in request.headerFields {
      clientRequest.headers.add(name: field.name.rawName, value: field.value)
    }
    switch body {
    case .complete(let bytes):
      clientRequest.body = .bytes(bytes)
    case .stream(let stream):
      try self.checkCanStream(request)
      clientRequest.body = .stream(stream, length: .unknown)
    }

    let response = try await self.response(to: clientRequest)
    var body = response.body.makeAsyncIterator()
    var rest: CircularBuffer<ByteBuffer> = []
    try await handleResponse(HTTPResponse(response)) {
      if let bytes = rest.popFirst() {
        return bytes
      }
      do {
        return try await body.next()
      } catch let error as ResponseEndedEarly {
        rest = error.rest
        return rest.popFirst()
      } catch {
        throw Self.failure(of: error)
      }
    }
  }

  private func response(to request: HTTPClientRequest) async throws -> HTTPClientResponse {
    do {
      // gRPC Swift enforces the deadline, by cancelling the task.
      return try await self.client.execute(request, deadline: .distantFuture)
    } catch is CancellationError {
      self.state.withLock { $0.lastAbandoned = .now }
      throw CancellationError()
    } catch {
      throw Self.failure(of: error)
    }
  }

  /// What an error of AsyncHTTPClient means; those of the call itself are as they are.
  private static func failure(of error: any Error) -> any Error {
    switch error {
    case is CancellationError, is RPCError:
      return error
    case let error as HTTPClientError where error == .cancelled:
      // It says so, too, of a request that was to go over a connection which is being closed.
      return Task.isCancelled
        ? CancellationError()
        : GRPCWebHTTPFailure(.connectionLost, detail: "The connection is closing", cause: error)
    default:
      return GRPCWebHTTPFailure(error)
    }
  }

  private func checkCanStream(_ request: HTTPRequest) throws {
    guard request.scheme == "https", case .callers = self.state.withLock({ $0.ownership }) else {
      return
    }
    throw RPCError(
      code: .unimplemented,
      message: """
        The method needs its request to be streamed, which isn't safe over TLS with an HTTPClient of \
        the caller's: AsyncHTTPClient ends the process when a server ends an HTTP/2 stream first. Let \
        the transport make its own, with 'configureHTTPClient:' in place of 'httpClient:'.
        """
    )
  }

  /// Shuts the client down, if it is the adapter's own.
  ///
  /// Waits until its connections are closed, but not for those that are still being made for calls which
  /// have ended: AsyncHTTPClient can't give them up before the time it has to connect.
  public func shutdown() async throws {
    let (ownership, lastAbandoned) = self.state.withLock { state in
      defer {
        if case .own = state.ownership {
          state.ownership = .shutDown
        }
      }
      return (state.ownership, state.lastAbandoned)
    }
    guard case .own(let connectTimeout) = ownership else { return }

    let client = self.client
    let shutdown = Task { try await client.shutdown() }
    if let lastAbandoned = lastAbandoned, .now - lastAbandoned <= connectTimeout {
      return
    }
    try await shutdown.value
  }
}

extension HTTPClient.Configuration {
  /// Guards HTTP/2 against servers that end a stream first.
  fileprivate mutating func guardHTTP2() {
    self.http2StreamChannelDebugInitializer = Self.sequence(
      HTTP2EarlyEndHandler.add,
      self.http2StreamChannelDebugInitializer
    )
    self.http2ConnectionDebugInitializer = Self.sequence(
      HTTP2ResetFilter.add,
      self.http2ConnectionDebugInitializer
    )
  }

  private static func sequence(
    _ first: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>,
    _ second: (@Sendable (any Channel) -> EventLoopFuture<Void>)?
  ) -> @Sendable (any Channel) -> EventLoopFuture<Void> {
    guard let second = second else { return first }
    return { channel in first(channel).flatMap { second(channel) } }
  }
}

extension HTTPResponse {
  fileprivate init(_ response: HTTPClientResponse) {
    var fields = HTTPFields()
    fields.reserveCapacity(response.headers.count)
    for (name, value) in response.headers {
      if let name = HTTPField.Name(name) {
        fields.append(HTTPField(name: name, value: value))
      }
    }
    let status = Status(code: Int(response.status.code), reasonPhrase: response.status.reasonPhrase)
    self.init(status: status, headerFields: fields)
  }
}
#endif
