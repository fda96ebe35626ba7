#if NIO
internal import GRPCWeb
internal import HTTPTypes
public import NIOCore
internal import NIOHTTPTypes

@available(GRPCWeb 1.0, *)
extension GRPCWebChannelHandler {
  /// Counts the app's responses, as its requests and calls take turns.
  public func write(
    context: ChannelHandlerContext,
    data: NIOAny,
    promise: EventLoopPromise<Void>?
  ) {
    guard case .end = self.unwrapOutboundIn(data) else {
      context.write(data, promise: promise)
      return
    }
    self.order.appResponseEnded()
    context.write(data, promise: promise)
    self.acceptHeld(context: context)
  }

  /// Goes on sending, if a client that was slow has caught up.
  public func channelWritabilityChanged(context: ChannelHandlerContext) {
    self.isWritable = context.channel.isWritable
    self.watchResponse(context: context)
    if let call = self.running?.call {
      // Not at once: a stream of HTTP/2 says so in the midst of writing a frame of it, which trailers
      // written now would overtake.
      self.delegate?.outputIsReady(of: call)
    } else if self.isWritable {
      self.acceptHeld(context: context)
    }
    context.fireChannelWritabilityChanged()
  }

  /// Sends what a call has ready, if the client takes it.
  func sendOutput(of call: ServerCall) {
    guard let context = self.context, let running = self.running, running.call === call,
      self.isWritable,
      let output = call.takeOutput()
    else {
      return
    }

    if let head = output.head {
      self.write(head, closesConnection: running.closesConnection, context: context)
    }
    for buffer in output.body {
      context.write(self.wrapOutboundOut(.body(buffer)), promise: nil)
    }
    if output.isEnd {
      self.writeEnd(
        output.trailers,
        closesConnection: running.closesConnection,
        context: context
      )
    }
    context.flush()

    if output.isEnd {
      running.deadline?.cancel()
      self.running = nil
      self.responseEnded(context: context)
    }
  }

  func write(
    _ head: HTTPResponse,
    closesConnection: Bool,
    context: ChannelHandlerContext
  ) {
    var head = head
    if let date = self.date?.field {
      head.headerFields.append(date)
    }
    if closesConnection {
      head.headerFields[.connection] = "close"
    }
    context.write(self.wrapOutboundOut(.head(head)), promise: nil)
  }

  func writeEnd(
    _ trailers: HTTPFields?,
    closesConnection: Bool,
    context: ChannelHandlerContext
  ) {
    var promise: EventLoopPromise<Void>?
    if closesConnection {
      self.intake = .ending
      promise = context.eventLoop.makePromise()
      promise?.futureResult.assumeIsolated().whenComplete { _ in
        self.intake = .ended
        self.closeIfDone()
      }
    }
    context.write(self.wrapOutboundOut(.end(trailers)), promise: promise)
  }

  /// Closes the connection behind its last response, when that has left and its request has come to its end.
  func closeIfDone() {
    guard case .ended = self.intake, self.order.destination == nil else { return }
    self.intake = .lingering
    self.context?.closeLingering()
  }

  func responseEnded(context: ChannelHandlerContext) {
    self.isCallFull = false
    self.order.responseEnded()
    if self.order.destination == .nowhere {
      self.watchRequest(context: context)
    }
    switch self.intake {
    case .open, .faulty, .faultReported:
      self.acceptHeld(context: context)
    case .ending, .ended, .lingering:
      // The next that comes begins another request, or there is more of the one that is answered.
      self.held.removeAll()
      self.readIfHeld()
    }
  }
}
#endif
