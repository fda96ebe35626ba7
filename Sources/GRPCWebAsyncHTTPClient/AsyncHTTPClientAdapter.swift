public import AsyncHTTPClient
public import GRPCWeb
public import HTTPTypes
public import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Makes the HTTP requests of gRPC-Web calls with AsyncHTTPClient.
@available(GRPCWeb 1.0, *)
public final class AsyncHTTPClientAdapter: GRPCWebHTTPClient {
  private let client: HTTPClient
  /// Whether the client is this adapter's own and still to be shut down.
  private let mustShutDown: Mutex<Bool>

  /// Creates an adapter.
  ///
  /// - Parameter client: The client to use, which stays the caller's to shut down. `nil` for one of
  ///     the adapter's own, on the shared event loops, that follows no redirects.
  public init(client: HTTPClient? = nil) {
    self.client = client ?? HTTPClient(configuration: Self.ownConfiguration)
    self.mustShutDown = Mutex(client == nil)
  }

  deinit {
    // An HTTP client must be shut down before it is let go of, connected or not.
    guard self.mustShutDown.withLock({ $0 }) else { return }
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
      clientRequest.body = .stream(stream, length: .unknown)
    }

    // gRPC Swift enforces the deadline, by cancelling the task.
    let response = try await self.client.execute(clientRequest, deadline: .distantFuture)
    var chunks = response.body.makeAsyncIterator()
    try await handleResponse(HTTPResponse(response)) {
      try await chunks.next()
    }
  }

  /// Shuts the client down, if it is the adapter's own.
  public func shutdown() async throws {
    let mustShutDown = self.mustShutDown.withLock { mustShutDown in
      defer { mustShutDown = false }
      return mustShutDown
    }
    if mustShutDown {
      try await self.client.shutdown()
    }
  }
}

extension HTTPRequest {
  fileprivate var url: String {
    "\(self.scheme ?? "http")://\(self.authority ?? "")\(self.path ?? "/")"
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
