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
  /// The owner of the HTTP client.
  private enum Ownership: Sendable {
    /// The adapter owns the client, which takes at most this time to connect.
    case own(connectTimeout: Duration)
    /// The adapter owned the client, and has shut it down.
    case shutDown
    /// The caller owns the client.
    case callers
  }

  private struct State {
    var ownership: Ownership
    /// The time when a request was last cancelled without a response: its connection may still be
    /// being opened.
    var lastAbandoned: ContinuousClock.Instant?
  }

  private let client: HTTPClient
  private let state: Mutex<State>

  /// Creates an adapter with a client of its own, on the shared event loops.
  ///
  /// - Parameter configure: Changes the configuration of the client: TLS, proxy, timeouts,
  ///   connection pool. By default the client follows no redirects, takes at most 20 seconds to
  ///   connect, doesn't retry, and waits without limit for the next message of a stream.
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
  /// - Parameter client: The client to use, which stays the caller's to shut down. Over TLS it
  ///   can't make calls that stream their request: see ``streamsRequests``.
  public init(client: HTTPClient) {
    self.client = client
    self.state = Mutex(State(ownership: .callers))
  }

  deinit {
    // An HTTP client must be shut down before its last reference is released, whether or not it has
    // connected.
    guard case .own = self.state.withLock({ $0.ownership }) else { return }
    let client = self.client
    Task { try await client.shutdown() }
  }

  private static var ownConfiguration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: HTTPClient.Configuration.Timeout(connect: .seconds(20), read: nil)
    )
    // Calls to an unreachable server fail at once: retries are gRPC Swift's.
    configuration.connectionPool.retryConnectionEstablishment = false
    // A stream over HTTP/1.1 occupies a connection as long as the stream runs.
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
    return configuration
  }

  /// `true`: AsyncHTTPClient sends a request while it is written, over HTTP/1.1 and HTTP/2.
  ///
  /// Calls that stream their request fail over TLS if the client is the caller's: the server might
  /// negotiate HTTP/2, and AsyncHTTPClient ends the process when a server ends an HTTP/2 stream
  /// before the client does. The adapter guards its own clients against that.
  public var streamsRequests: Bool {
    true
  }

  /// Makes one HTTP exchange.
  ///
  /// See `GRPCWebHTTPClient`.
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
      // The deadline is gRPC Swift's, which enforces it by cancelling the task.
      return try await self.client.execute(request, deadline: .distantFuture)
    } catch is CancellationError {
      self.state.withLock { $0.lastAbandoned = .now }
      throw CancellationError()
    } catch {
      throw Self.failure(of: error)
    }
  }

  /// The failure for an error of AsyncHTTPClient; an error of the call itself is returned
  /// unchanged.
  private static func failure(of error: any Error) -> any Error {
    switch error {
    case is CancellationError, is RPCError:
      return error
    case let error as HTTPClientError where error == .cancelled:
      // AsyncHTTPClient throws `cancelled` also for a request that was assigned to a connection
      // which is being closed.
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

  /// Shuts the client down, if the adapter owns it.
  ///
  /// Waits until the connections are closed, except those still being opened for calls that have
  /// ended: AsyncHTTPClient can't abort them before its connect timeout.
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
  /// Adds handlers that guard HTTP/2 connections against servers which end a stream first.
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
