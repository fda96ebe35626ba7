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
/// A framework that takes a body writes it with ``write(to:end:)``; for one that asks for it, the
/// stream is a sequence of parts. Letting go of a stream before its end cancels the call.
@available(GRPCWeb 1.0, *)
public final class GRPCWebResponseStream: Sendable {
  private let call: ServerCall
  private let first: ServerResponseOutput

  init(call: ServerCall, first: ServerResponseOutput) {
    self.call = call
    self.first = first
  }

  deinit {
    self.call.abandon()
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
        var parts = self.makeAsyncIterator()
        while let part = await parts.next() {
          try await write(part)
        }
        try await end()
      } catch {
        self.call.abandon()
        await self.call.untilReadingEnds()
        throw error
      }
      await self.call.untilReadingEnds()
    } onCancel: {
      self.call.abandon()
    }
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebResponseStream: AsyncSequence {
  /// Some bytes that are ready to be sent, to be flushed together.
  public typealias Element = [ByteBuffer]

  /// Reads the body part by part, once.
  ///
  /// After the last part the service may still be reading from the body of the request.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(stream: self, first: self.first)
  }

  /// Reads the body part by part.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let stream: GRPCWebResponseStream
    private var first: ServerResponseOutput?
    private var isEnd = false

    init(stream: GRPCWebResponseStream, first: ServerResponseOutput) {
      self.stream = stream
      self.first = first
    }

    /// Waits for bytes to send, and takes all there are; `nil` after the end.
    ///
    /// Cancels the call when the task is cancelled.
    public mutating func next() async -> [ByteBuffer]? {
      let call = self.stream.call
      while !self.isEnd {
        var output = self.first.take()
        if output == nil {
          output = await withTaskCancellationHandler {
            await call.nextOutput()
          } onCancel: {
            call.abandon()
          }
        }
        self.isEnd = output?.isEnd ?? true
        if let body = output?.body, !body.isEmpty {
          return body
        }
      }
      return nil
    }
  }
}
