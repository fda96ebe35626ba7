public import HTTPTypes
public import NIOCore

/// The HTTP response to a gRPC-Web call, for an adapter to send.
@available(GRPCWeb 1.0, *)
public struct GRPCWebResponse: Sendable {
  /// The body of a response.
  public enum Body: Sendable {
    /// A whole body, whose length the head gives. To be sent in one write with the head.
    case complete([ByteBuffer])
    /// A body that is written while the service runs. To be sent without a length, each part
    /// flushed.
    case stream(GRPCWebResponseStream)
  }

  /// The status and the headers.
  public var head: HTTPResponse

  /// The body.
  public var body: Body
}

/// The body of a response while the service writes it.
///
/// Letting go of a stream that hasn't been written to its end cancels the call.
@available(GRPCWeb 1.0, *)
public final class GRPCWebResponseStream: Sendable {
  private let call: ServerCall
  private let first: ServerResponseOutput

  init(call: ServerCall, first: ServerResponseOutput) {
    self.call = call
    self.first = first
  }

  deinit {
    self.call.fail(.peerGone)
  }

  /// Writes the body, to its end.
  ///
  /// May be called once. Cancels the call when the writer throws, or when the task is cancelled: the
  /// client is gone. Returns when nobody reads from the body of the request any more, which may be
  /// later than the end of the response.
  ///
  /// - Parameters:
  ///   - write: Sends some bytes and flushes them, returning when more can be sent.
  ///   - end: Sends the end of the body.
  /// - Throws: What `write` and `end` throw.
  public func write(
    to write: ([ByteBuffer]) async throws -> Void,
    end: () async throws -> Void
  ) async throws {
    try await withTaskCancellationHandler {
      do {
        var next: ServerResponseOutput? = self.first
        while let output = next {
          if !output.body.isEmpty {
            try await write(output.body)
          }
          next = output.isEnd ? nil : await self.call.nextOutput()
        }
        try await end()
      } catch {
        self.call.fail(.peerGone)
        await self.call.untilReadingEnds()
        throw error
      }
      await self.call.untilReadingEnds()
    } onCancel: {
      self.call.fail(.peerGone)
    }
  }
}
