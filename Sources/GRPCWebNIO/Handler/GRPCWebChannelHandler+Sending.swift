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
    if let call = self.running?.call {
      // Not at once: a stream of HTTP/2 says so in the midst of writing a frame of it, which trailers
      // written now would overtake.
      self.front?.outputIsReady(of: call)
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
      self.isClosing = true
      promise = context.eventLoop.makePromise()
      promise?.futureResult.assumeIsolated().whenComplete { _ in
        self.isLastResponseWritten = true
        self.closeIfDone()
      }
    }
    context.write(self.wrapOutboundOut(.end(trailers)), promise: promise)
  }

  /// Closes the connection, when a close takes nothing from the client.
  ///
  /// What isn't written yet would be lost; and when something of the request is still to be read, the
  /// system breaks the connection off, so that even what is written may not arrive.
  func closeIfDone() {
    if self.isClosing, self.isLastResponseWritten, self.order.destination == nil {
      self.context?.close(promise: nil)
    }
  }

  func responseEnded(context: ChannelHandlerContext) {
    self.isCallFull = false
    self.order.responseEnded()
    if self.isClosing {
      // The next that comes begins another request, or there is more of the one that is answered.
      self.held.removeAll()
      self.readIfHeld()
    } else {
      self.acceptHeld(context: context)
    }
  }
}
