import GRPCWebTestSupport
import HTTPTypes
import NIOCore
import Synchronization

@testable import GRPCWeb

/// An HTTP client implemented by a closure.
@available(GRPCWeb 1.0, *)
final class FakeHTTPClient: GRPCWebHTTPClient {
  /// Makes an HTTP exchange, like ``GRPCWebHTTPClient/execute(_:body:handleResponse:)``.
  typealias Exchange =
    @Sendable (
      _ request: HTTPRequest,
      _ body: GRPCWebRequestBody,
      _ handleResponse: (
        _ response: HTTPResponse,
        _ nextBytes: () async throws -> ByteBuffer?
      ) async throws -> Void
    ) async throws -> Void

  let streamsRequests: Bool
  /// The number of times the client was shut down.
  let shutdowns = Counter()
  private let exchange: Exchange
  private let recorded = Mutex<[HTTPRequest]>([])

  init(streamsRequests: Bool = true, exchange: @escaping Exchange) {
    self.streamsRequests = streamsRequests
    self.exchange = exchange
  }

  /// A client that reads the request, and answers with a head and a body.
  convenience init(
    streamsRequests: Bool = true,
    answer: @escaping @Sendable (_ request: [UInt8]) throws -> (HTTPResponse, [UInt8])
  ) {
    self.init(streamsRequests: streamsRequests) { _, body, handleResponse in
      let (head, bytes) = try answer(try await body.bytes())
      var chunks = [ByteBuffer(bytes: bytes)]
      try await handleResponse(head) { chunks.popLast() }
    }
  }

  /// The heads of all requests so far.
  var requests: [HTTPRequest] {
    self.recorded.withLock { $0 }
  }

  func execute(
    _ request: HTTPRequest,
    body: GRPCWebRequestBody,
    handleResponse: (
      _ response: HTTPResponse,
      _ nextBytes: () async throws -> ByteBuffer?
    ) async throws -> Void
  ) async throws {
    self.recorded.withLock { $0.append(request) }
    try await self.exchange(request, body, handleResponse)
  }

  func shutdown() async throws {
    self.shutdowns.add()
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebRequestBody {
  /// All bytes of the body.
  func bytes() async throws -> [UInt8] {
    switch self {
    case .complete(let buffer):
      return buffer.bytes
    case .stream(let stream):
      return try await stream.reduce(into: []) { $0 += $1.bytes }
    }
  }
}
