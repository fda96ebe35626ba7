#if AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTP2

/// The server ended its response while the request was still being sent; what there was of the response
/// is whole.
struct ResponseEndedEarly: Error {
  /// The last bytes of the body, which AsyncHTTPClient hadn't asked for yet.
  var rest: CircularBuffer<ByteBuffer>
}

/// Ends an HTTP/2 stream whose server ends its response before the client has ended its request.
///
/// AsyncHTTPClient takes such a response for the end of the request, too, keeps the stream open for
/// ever, and traps at the next event on it (its issue 922). So it must never see that end: what it is told
/// instead is an error, ``ResponseEndedEarly``, which fails its request and closes the stream. The adapter
/// takes that error for the end of the body, which it is.
///
/// ```
///  open --- the request's end ---> requestEnded       AsyncHTTPClient sees everything as it is
///    |
///    `--- the response's end ---> ending --- the stream's end ---> failed
///                                                     AsyncHTTPClient sees an error
/// ```
///
/// A test says when AsyncHTTPClient does without it: "AsyncHTTPClient still needs its guard".
final class HTTP2EarlyEndHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias InboundOut = HTTPClientResponsePart
  typealias OutboundIn = HTTPClientRequestPart
  typealias OutboundOut = HTTPClientRequestPart

  private enum State {
    /// Both sides are open, or only the request is.
    case open
    /// The request was ended by AsyncHTTPClient, as it mostly is first.
    case requestEnded
    /// The response has ended first, and the request is about to be.
    case ending
    /// AsyncHTTPClient has been told.
    case failed
  }

  private var state = State.open
  /// Whether AsyncHTTPClient has asked for bytes; it loses those that come unasked when a request fails.
  private var isReading = true
  /// Bytes that came unasked, as all do that a stream still has when it is closed.
  private var unread: CircularBuffer<ByteBuffer> = []

  /// Adds a handler to the channel of a stream, next to HTTP/2's codec.
  static func add(to channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      let codec = try pipeline.handler(type: HTTP2FramePayloadToHTTP1ClientCodec.self)
      try pipeline.addHandler(HTTP2EarlyEndHandler(), position: .after(codec))
    }
  }

  // What AsyncHTTPClient does

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch self.state {
    case .open:
      if case .end = self.unwrapOutboundIn(data) {
        self.state = .requestEnded
      }
      context.write(data, promise: promise)
    case .requestEnded:
      context.write(data, promise: promise)
    case .ending, .failed:
      promise?.fail(ChannelError.ioOnClosedChannel)
    }
  }

  func read(context: ChannelHandlerContext) {
    self.isReading = true
    guard !self.unread.isEmpty else {
      context.read()
      return
    }
    self.isReading = false
    self.deliverUnread(context)
    context.fireChannelReadComplete()
  }

  // What the server does

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (self.state, self.unwrapInboundIn(data)) {
    case (.open, .body(let bytes)) where !self.isReading:
      self.unread.append(bytes)

    case (.open, .end):
      self.state = .ending
      if self.isReading {
        // Hands what has come in this turn to the request before that fails.
        context.fireChannelReadComplete()
      }
      // Not now: the server's reset may be among what is being read.
      context.eventLoop.assumeIsolated().execute {
        self.endRequest(context)
      }

    case (.open, _):
      context.fireChannelRead(data)

    case (.requestEnded, _):
      self.deliverUnread(context)
      context.fireChannelRead(data)

    case (.ending, _), (.failed, _):
      break
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    self.isReading = false
    context.fireChannelReadComplete()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    self.fail(context)
    context.fireErrorCaught(error)
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.fail(context)
    context.fireChannelInactive()
  }

  private func deliverUnread(_ context: ChannelHandlerContext) {
    while let bytes = self.unread.popFirst() {
      context.fireChannelRead(self.wrapInboundOut(.body(bytes)))
    }
  }

  /// Ends the request, so that the stream ends in order: servers that see many resets take them for an
  /// attack.
  private func endRequest(_ context: ChannelHandlerContext) {
    guard case .ending = self.state else { return }
    context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    // Where the end has to wait behind bytes that the server doesn't take, AsyncHTTPClient resets the
    // stream.
    self.fail(context)
  }

  private func fail(_ context: ChannelHandlerContext) {
    guard case .ending = self.state else { return }
    self.state = .failed
    let rest = self.unread
    self.unread = []
    context.fireErrorCaught(ResponseEndedEarly(rest: rest))
  }
}
#endif
