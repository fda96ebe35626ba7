public import HTTPTypes
public import NIOCore

/// The operations that a client transport needs of an HTTP client.
///
/// An adapter for an HTTP client conforms to this protocol, and creates a
/// ``GRPCWebClientTransport`` with itself.
@available(GRPCWeb 1.0, *)
public protocol GRPCWebHTTPClient: Sendable {
  /// Whether the client can send the body of a request while the body is written.
  ///
  /// If `false`, calls of client-streaming and bidirectional methods fail at once with
  /// `unimplemented`.
  var streamsRequests: Bool { get }

  /// Makes one HTTP exchange: sends a request, and passes its response to a closure.
  ///
  /// The exchange ends when the closure returns, also before all of the body has been read, or when
  /// the task is cancelled. The client follows no redirects, doesn't retry, and doesn't pass
  /// informational responses on. A client that decodes a content coding by itself removes
  /// `content-encoding` from the head.
  ///
  /// - Parameters:
  ///   - request: The head of the request.
  ///   - body: The body of the request.
  ///   - handleResponse: Called once, as soon as the head of the response is there, with the head
  ///     and a closure that returns the next bytes of the body. That closure returns `nil` at the
  ///     end of the body, and throws when the body is cut off.
  /// - Throws: The error that the closure throws; a ``GRPCWebHTTPFailure`` when no connection could
  ///   be made, the connection was lost, or the server sent no valid response; a
  ///   `CancellationError` when the task is cancelled.
  func execute(
    _ request: HTTPRequest,
    body: GRPCWebRequestBody,
    handleResponse: (
      _ response: HTTPResponse,
      _ nextBytes: () async throws -> ByteBuffer?
    ) async throws -> Void
  ) async throws

  /// Ends all HTTP exchanges and frees the resources of this client.
  ///
  /// The transport calls this method once, when it has shut down.
  func shutdown() async throws
}

/// The body of a request.
@available(GRPCWeb 1.0, *)
public enum GRPCWebRequestBody: Sendable {
  /// A whole body, to be sent with its length.
  case complete(ByteBuffer)
  /// A body to be sent while the client writes it.
  case stream(GRPCWebRequestStream)
}

/// The body of a request that is sent while the client writes it.
///
/// The sequence may be iterated once. It throws when the client's writer failed: the HTTP client
/// then aborts the request rather than ending it.
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
