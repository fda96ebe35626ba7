internal import GRPCCore
public import GRPCWeb
public import HTTPTypes
public import NIOCore

/// An HTTP client that hands its requests to a server of the same process, without a connection.
@available(GRPCWeb 1.0, *)
public struct LoopbackHTTPClient: GRPCWebHTTPClient {
  private let server: GRPCWebServer
  private let info: GRPCWebRequestInfo

  /// Creates a client.
  ///
  /// - Parameters:
  ///   - server: What answers.
  ///   - info: The properties of each request besides its head, for the server.
  public init(
    to server: GRPCWebServer,
    info: GRPCWebRequestInfo = GRPCWebRequestInfo(
      peers: GRPCWebPeers(remote: "ipv4:127.0.0.1:50000", local: "ipv4:127.0.0.1:80"),
      httpVersion: .http1,
      requestID: "request-1"
    )
  ) {
    self.server = server
    self.info = info
  }

  /// Whether the body of a request can be sent while it is written.
  public var streamsRequests: Bool {
    true
  }

  /// Makes an exchange.
  public func execute(
    _ request: HTTPRequest,
    body: GRPCWebRequestBody,
    handleResponse: (
      _ response: HTTPResponse,
      _ nextBytes: () async throws -> ByteBuffer?
    ) async throws -> Void
  ) async throws {
    switch self.server.route(request, info: self.info) {
    case .pass:
      try await handleResponse(HTTPResponse(status: .notFound)) { nil }
    case .respond(let response):
      try await handleResponse(response) { nil }
    case .call(let call):
      let response = await self.respond(to: call, body: body)
      var buffers: [ByteBuffer] = []
      switch response.body {
      case .complete(let complete):
        buffers = complete.reversed()
        try await handleResponse(response.head) { buffers.popLast() }
      case .stream(let stream):
        var parts = stream.makeAsyncIterator()
        try await handleResponse(response.head) {
          while buffers.isEmpty {
            guard let part = await parts.next() else { return nil }
            buffers = part.reversed()
          }
          return buffers.popLast()
        }
      }
    }
  }

  private func respond(
    to call: GRPCWebCallHead,
    body: GRPCWebRequestBody
  ) async -> GRPCWebResponse {
    let peers = self.info.peers
    switch body {
    case .complete(let buffer):
      let body = AsyncStream { continuation in
        continuation.yield(buffer)
        continuation.finish()
      }
      return await self.server.respond(to: call, body: body, peers: peers)
    case .stream(let body):
      return await self.server.respond(to: call, body: body, peers: peers)
    }
  }

  /// Does nothing.
  public func shutdown() async throws {}
}

@available(GRPCWeb 1.0, *)
extension GRPCWebServer {
  /// Hands stubs for this server's echo service to a closure.
  public func withEcho<Result: Sendable>(
    config: GRPCWebClientTransport.Config = .defaults,
    _ body: (Sonora_Test_Echo.Client<GRPCWebClientTransport>) async throws -> Result
  ) async throws -> Result {
    let transport = try GRPCWebClientTransport(
      url: "http://localhost",
      httpClient: LoopbackHTTPClient(to: self),
      config: config
    )
    return try await withGRPCClient(transport: transport) { client in
      try await body(Sonora_Test_Echo.Client(wrapping: client))
    }
  }
}
