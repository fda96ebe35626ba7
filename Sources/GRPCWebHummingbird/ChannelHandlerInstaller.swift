#if Hummingbird
internal import GRPCWeb
internal import GRPCWebNIO
internal import HummingbirdCore
internal import NIOCore
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1

/// Puts the handler that answers calls behind Hummingbird's own that watches the connection.
///
/// Hummingbird adds handlers of others before its own. There, calls would be hidden from that: it would
/// take a connection that only has calls for idle, and close it under them. So this one waits in front
/// until Hummingbird's is there.
@available(GRPCWeb 1.0, *)
final class ChannelHandlerInstaller: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart

  private enum State {
    case waiting
    case installed(GRPCWebChannelHandler)
  }

  private let server: GRPCWebServer
  private let prefix: String
  private var state = State.waiting

  init(server: GRPCWebServer, prefix: String) {
    self.server = server
    self.prefix = prefix
  }

  func handlerAdded(context: ChannelHandlerContext) {
    do {
      try HTTP1ConnectionHandler.add(
        to: context.pipeline.syncOperations,
        answerer: .channelHandler
      )
    } catch {
      context.fireErrorCaught(error)
    }
  }

  func channelActive(context: ChannelHandlerContext) {
    self.install(context: context)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // A connection with TLS was active before it had handlers for HTTP.
    self.install(context: context)
    context.fireChannelRead(data)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      // Hummingbird waits for responses before it stops services, and keeps the event to itself.
      self.server.beginGracefulShutdown()
      if case .installed(let handler) = self.state {
        handler.closeAfterGracePeriod()
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  private func install(context: ChannelHandlerContext) {
    guard case .waiting = self.state else { return }

    let pipeline = context.pipeline.syncOperations
    let isHTTP1 = (try? pipeline.handler(type: HTTP1ToHTTPServerCodec.self)) != nil
    let handler = self.server.channelHandler(for: isHTTP1 ? .http1 : .http2, prefix: self.prefix)
    self.state = .installed(handler)
    do {
      if let state = try? pipeline.handler(type: HTTPConnectionStateHandler.self) {
        try pipeline.addHandler(handler, position: .after(state))
      } else {
        try pipeline.addHandler(handler, position: .after(self))
      }
    } catch {
      context.fireErrorCaught(error)
    }
  }
}
#endif
