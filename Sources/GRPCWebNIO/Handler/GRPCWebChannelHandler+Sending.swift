#if NIO
internal import GRPCWeb
internal import HTTPTypes
public import NIOCore
internal import NIOHTTPTypes

@available(GRPCWeb 1.0, *)
extension GRPCWebChannelHandler {
  /// Passes the app's responses on; behind the end of one, a call that waited for it can begin.
  public func write(
    context: ChannelHandlerContext,
    data: NIOAny,
    promise: EventLoopPromise<Void>?
  ) {
    guard case .end = self.unwrapOutboundIn(data) else {
      context.write(data, promise: promise)
      return
    }
    self.stateMachine.appResponseEnded()
    context.write(data, promise: promise)
    self.acceptHeld(context: context)
  }

  /// Goes on sending when a slow client has caught up.
  public func channelWritabilityChanged(context: ChannelHandlerContext) {
    self.isWritable = context.channel.isWritable
    self.watchResponse()
    if let call = self.running?.call {
      // Sending has to wait for another turn of the event loop: an HTTP/2 stream becomes writable in the midst of
      // writing one of its frames, which trailers written now would overtake.
      self.delegate?.outputIsReady(of: call)
    } else if self.isWritable {
      self.acceptHeld(context: context)
    }
    context.fireChannelWritabilityChanged()
  }

  /// Sends the output of a call, if the client takes more.
  func sendOutput(of call: ServerCall) {
    guard let context = self.context, self.running?.call === call, self.isWritable,
      let output = call.takeOutput()
    else {
      return
    }

    if let head = output.head {
      self.write(head, context: context)
    }
    for buffer in output.body {
      context.write(self.wrapOutboundOut(.body(buffer)), promise: nil)
    }
    // A write that fails may have cancelled the call.
    if output.isEnd, self.running?.call === call {
      self.running.take()?.deadline?.cancel()
      self.endResponse(output.trailers, context: context)
    } else {
      context.flush()
    }
  }

  /// Writes the head of a response that isn't the app's.
  func write(_ head: HTTPResponse, context: ChannelHandlerContext) {
    var head = head
    if let date = self.resources?.date.field {
      head.headerFields.append(date)
    }
    if self.stateMachine.state.persistence == .close {
      head.headerFields[.connection] = "close"
    }
    context.write(self.wrapOutboundOut(.head(head)), promise: nil)
  }

  /// Writes the end of a response that isn't the app's and sends the response; then goes on with the next request, or
  /// ends the connection.
  func endResponse(_ trailers: HTTPFields?, context: ChannelHandlerContext) {
    let persistence = self.stateMachine.callResponseEnded()
    var promise: EventLoopPromise<Void>?
    if persistence == .close {
      promise = context.eventLoop.makePromise()
      promise?.futureResult.assumeIsolated().whenComplete { _ in
        if self.stateMachine.lastResponseLeft() {
          self.closeLingering()
        }
      }
    }
    context.write(self.wrapOutboundOut(.end(trailers)), promise: promise)
    context.flush()

    if self.stateMachine.state.awaitingRestOfRequest == .connection {
      self.watchRequest()
    }
    switch persistence {
    case .keepAlive:
      self.acceptHeld(context: context)
    case .close:
      // No further request is answered.
      self.held.removeAll()
      self.readIfHeld()
    }
  }

  /// Closes this side of the connection, whose last response has left.
  func closeLingering() {
    guard let resources = self.resources else { return }
    self.context?.closeLingering(resources)
  }
}
#endif
