#if NIO
internal import GRPCCore
internal import GRPCWeb
internal import NIOCore
internal import NIOHTTP1

/// What a client does wrong on HTTP's own terms: bytes that aren't HTTP, and requests and responses that it doesn't
/// go on with.
@available(GRPCWeb 1.0, *)
extension GRPCWebChannelHandler {
  /// Returns whether an error is that of what a client sent, and not of the connection.
  ///
  /// A request that the end of the connection has cut off is neither: its client has gone.
  static func isFaultOfRequest(_ error: any Error) -> Bool {
    if let error = error as? HTTPParserError {
      return error != .invalidEOFState
    }
    // What comes behind a fault is one more to SwiftNIO's decoder.
    return error is HTTP1RequestError || error is ByteToMessageDecoderError
  }

  /// Notes that what comes can't be read as HTTP.
  ///
  /// What came before is answered (RFC 9112, section 9.3.2), and then the app is told.
  func receiveFault(_ error: any Error, context: ChannelHandlerContext) {
    guard case .open = self.intake else { return }

    switch self.order.destination {
    case .call:
      self.intake = .faulty(error)
      self.order.requestEnded()
      self.running?.closesConnection = true
      self.running?.call.fail(.malformedBody)
    case .nowhere:
      // The request whose body is broken has its answer already.
      self.order.requestEnded()
      self.intake = .lingering
      context.closeLingering()
    case .app:
      self.intake = .faultReported
      context.fireErrorCaught(error)
    case .none:
      self.intake = .faulty(error)
      self.reportFaultIfDone(context: context)
    }
  }

  /// Tells the app of bytes that aren't HTTP, if all calls before them have been answered.
  func reportFaultIfDone(context: ChannelHandlerContext) {
    guard case .faulty(let error) = self.intake, self.held.isEmpty, !self.order.isAnswering else {
      return
    }
    self.intake = .faultReported
    context.fireErrorCaught(error)
  }

  // Time limits

  /// Waits for the rest of a request, as long as somebody here does.
  ///
  /// To be called when something of it has come, or can come again.
  func watchRequest(context: ChannelHandlerContext) {
    guard self.isAwaitingRest else {
      self.requestTimer?.stop()
      return
    }
    if self.requestTimer == nil, let timeout = self.transport.limits.requestReadTimeout {
      self.requestTimer = StallTimer(timeout: timeout, eventLoop: context.eventLoop) {
        self.requestStalled()
      }
    }
    self.requestTimer?.restart()
  }

  private var isAwaitingRest: Bool {
    switch self.order.destination {
    case .call:
      return !self.isCallFull
    case .nowhere:
      return true
    case .app, .none:
      return false
    }
  }

  private func requestStalled() {
    switch self.order.destination {
    case .call where self.running?.call.isAwaitingRestOfMessage == false:
      // Between two messages of a stream a client may take its time.
      self.requestTimer?.restart()
    case .call:
      if self.httpVersion == .http1 {
        // There is no telling where another request would begin. What may still come isn't the app's.
        self.running?.closesConnection = true
        self.intake = .ending
        self.order.requestEnded()
      }
      self.running?.call.fail(.requestStalled)
    case .nowhere:
      self.context?.close(promise: nil)
    case .app, .none:
      break
    }
  }

  /// Waits for the client to take what has been sent, while there is too much of it.
  ///
  /// What the app sends is its own to watch.
  func watchResponse(context: ChannelHandlerContext) {
    if self.isWritable || self.order.appRequests > 0 {
      self.responseTimer?.stop()
      return
    }
    if self.responseTimer == nil, let timeout = self.transport.limits.responseWriteTimeout {
      self.responseTimer = StallTimer(timeout: timeout, eventLoop: context.eventLoop) {
        self.responseStalled()
      }
    }
    self.bytesAwaitingClient = self.queuedBytes
    self.responseTimer?.start()
  }

  private func responseStalled() {
    let queuedBytes = self.queuedBytes
    if queuedBytes != self.bytesAwaitingClient {
      self.bytesAwaitingClient = queuedBytes
      self.responseTimer?.restart()
    } else {
      self.abandonCall()
      self.context?.close(promise: nil)
    }
  }

  /// How many bytes the connection hasn't taken; `nil` for a channel that doesn't tell, such as a stream of
  /// HTTP/2, which traps when it is asked.
  private var queuedBytes: Int? {
    guard let channel = self.context?.channel, channel is any SocketOptionProvider else {
      return nil
    }
    return try? channel.syncOptions?.getOption(.bufferedWritableBytes)
  }
}
#endif
