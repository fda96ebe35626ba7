#if FlyingFox
internal import FlyingFox
internal import FlyingSocks
internal import GRPCWeb
internal import NIOCore

/// The body of a response, which also reads the rest of the request.
///
/// FlyingFox asks for the next part when it has sent the last, and once more after the end. The
/// rest of the request is then read and dropped, since FlyingFox would parse it as the next
/// request.
@available(GRPCWeb 1.0, *)
final class ResponseBody: AsyncBufferedSequence {
  typealias Element = UInt8

  private let response: GRPCWebResponse.Body
  private let request: RequestBody
  private let isChunked: Bool

  private init(_ response: GRPCWebResponse.Body, after request: RequestBody, isChunked: Bool) {
    self.response = response
    self.request = request
    self.isChunked = isChunked
  }

  deinit {
    // Reading must stop before FlyingFox closes the connection, whose file descriptor may then be
    // reused.
    self.request.cancel()
  }

  /// Makes the body of a response.
  ///
  /// - Parameters:
  ///   - response: The body to send.
  ///   - length: The length of the body; `nil` for a body that is sent in chunks.
  ///   - request: The body of the request.
  static func sequence(
    of response: GRPCWebResponse.Body,
    length: Int?,
    after request: RequestBody
  ) -> HTTPBodySequence {
    let body = ResponseBody(response, after: request, isChunked: length == nil)
    if let length = length {
      return HTTPBodySequence(from: body, count: length)
    } else {
      return HTTPBodySequence(from: body)
    }
  }

  func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(body: self)
  }

  struct AsyncIterator: AsyncBufferedIteratorProtocol {
    private enum State {
      case sending
      /// The response was ended while the rest of the request is still to be read.
      case ended
    }

    private let body: ResponseBody
    private var stream: GRPCWebResponseStream.AsyncIterator?
    private var ready: ArraySlice<ByteBuffer>
    private var state = State.sending

    init(body: ResponseBody) {
      self.body = body
      switch body.response {
      case .complete(let buffers):
        self.ready = buffers[...]
      case .stream(let stream):
        self.ready = []
        self.stream = stream.makeAsyncIterator()
      }
    }

    mutating func nextBuffer(suggested count: Int) async throws -> ByteBufferView? {
      if case .sending = self.state {
        if let buffer = await self.nextBuffer() {
          return buffer.readableBytesView
        }
        if self.body.isChunked && !self.body.request.isAtEnd {
          // A client may wait for the end of the response before it ends its request. An empty part
          // makes FlyingFox end the response.
          self.state = .ended
          return ByteBufferView()
        }
      }

      try await self.body.request.drain()
      if case .ended = self.state {
        // Returning `nil` would make FlyingFox end the response a second time.
        throw SocketError.disconnected
      }
      return nil
    }

    private mutating func nextBuffer() async -> ByteBuffer? {
      while true {
        while let buffer = self.ready.popFirst() {
          if buffer.readableBytes > 0 {
            return buffer
          }
        }
        guard let part = await self.stream?.next() else { return nil }
        self.ready = part[...]
      }
    }

    /// FlyingFox doesn't call this method, which the protocol requires.
    mutating func next() async throws -> UInt8? {
      guard var buffer = try await self.nextBuffer(suggested: 1) else { return nil }
      defer { self.ready.insert(ByteBuffer(buffer), at: self.ready.startIndex) }
      return buffer.popFirst()
    }
  }
}
#endif
