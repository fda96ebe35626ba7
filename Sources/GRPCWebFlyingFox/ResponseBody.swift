#if FlyingFox
internal import FlyingFox
internal import FlyingSocks
internal import GRPCWeb
internal import NIOCore

/// The body of a response, followed by what is left of the request.
///
/// FlyingFox asks for the next part when the last has been sent, and for one more after the end. Then
/// what is left of the request is read and dropped: FlyingFox would take it for the next request.
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
    // Before FlyingFox closes the connection, whose descriptor may soon be another's.
    self.request.cancel()
  }

  /// Makes the body of a response.
  ///
  /// - Parameters:
  ///   - response: What to send.
  ///   - length: Its length; where it has none it goes out in chunks.
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
      /// The response has been ended, although the request hasn't.
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
          // A client may wait for the end of the response before it ends its request. To FlyingFox
          // a part of no bytes is that end.
          self.state = .ended
          return ByteBufferView()
        }
      }

      try await self.body.request.drain()
      if case .ended = self.state {
        // FlyingFox would end the response again.
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

    /// Not what FlyingFox calls, but part of the protocol.
    mutating func next() async throws -> UInt8? {
      guard var buffer = try await self.nextBuffer(suggested: 1) else { return nil }
      defer { self.ready.insert(ByteBuffer(buffer), at: self.ready.startIndex) }
      return buffer.popFirst()
    }
  }
}
#endif
