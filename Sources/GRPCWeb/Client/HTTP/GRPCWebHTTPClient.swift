public import HTTPTypes
public import NIOCore

/// What a client transport needs of an HTTP client.
///
/// An adapter for an HTTP client conforms to it, and makes a ``GRPCWebClientTransport`` of it.
@available(GRPCWeb 1.0, *)
public protocol GRPCWebHTTPClient: Sendable {
  /// Whether the body of a request can be sent while it is written.
  ///
  /// Where it can't, calls whose client streams fail at once with `unimplemented`.
  var streamsRequests: Bool { get }

  /// Makes one exchange: sends a request, and hands its response to a closure.
  ///
  /// Ends the exchange when the closure returns, or the task is cancelled, before all of the body has
  /// been read. Neither follows redirects nor tries again, nor hands informational responses out. A client
  /// that decodes a content coding by itself takes `content-encoding` from the head.
  ///
  /// - Parameters:
  ///   - request: The head of the request.
  ///   - body: The body of the request.
  ///   - handleResponse: Called once, with the head of the response as soon as that is there, and a
  ///     closure that returns the next bytes of the body, `nil` at its end, and throws when the rest
  ///     of it won't come.
  /// - Throws: What the closure throws; a ``GRPCWebHTTPFailure`` when no connection could be made, or it
  ///   was lost, or what came is no response; a `CancellationError` when the task is cancelled.
  func execute(
    _ request: HTTPRequest,
    body: GRPCWebRequestBody,
    handleResponse: (
      _ response: HTTPResponse,
      _ nextBytes: () async throws -> ByteBuffer?
    ) async throws -> Void
  ) async throws

  /// Ends all exchanges and frees what this client holds.
  ///
  /// Called once, when the transport has shut down.
  func shutdown() async throws
}

/// The body of a request.
@available(GRPCWeb 1.0, *)
public enum GRPCWebRequestBody: Sendable {
  /// A whole body, to be sent with its length.
  case complete(ByteBuffer)
  /// A body that is sent while it is written.
  case stream(GRPCWebRequestStream)
}

/// The body of a request while the client writes it.
///
/// May be iterated once. Throws when the client's writer failed: the request is to be broken off, not
/// ended.
@available(GRPCWeb 1.0, *)
public struct GRPCWebRequestStream: AsyncSequence, Sendable {
  /// Bytes to be sent and flushed.
  public typealias Element = ByteBuffer
  /// The error that the call failed with.
  public typealias Failure = any Error

  let call: ClientCall

  /// Starts reading the body.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(call: self.call)
  }

  /// Reads the body.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let call: ClientCall
    var chunks: [ByteBuffer] = []

    /// Returns the next bytes, `nil` at the end of the body.
    public mutating func next() async throws -> ByteBuffer? {
      if self.chunks.isEmpty {
        self.chunks = try await self.call.nextRequestBody().reversed()
      }
      return self.chunks.popLast()
    }
  }
}
