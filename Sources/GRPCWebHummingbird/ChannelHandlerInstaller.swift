#if Hummingbird
internal import GRPCWeb
internal import GRPCWebNIO
internal import HummingbirdCore
internal import NIOCore
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1

/// Adds the handler that answers calls behind Hummingbird's own handler that watches the connection.
///
/// Hummingbird adds an app's handlers before its own. A handler that answers calls there would hide them from
/// Hummingbird's, which would take a connection with nothing but calls for idle, and close it in the midst of them. So
/// this handler is added first, and adds the one that answers calls when Hummingbird's is there.
@available(GRPCWeb 1.0, *)
final class ChannelHandlerInstaller: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart

  private enum State {
    /// Hummingbird's handlers may be missing.
    case waiting
    /// The handler that answers calls has been added.
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
        answerer: .channelHandler,
        server: self.server
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
    // A TLS connection is active before it gets handlers for HTTP, so channelActive isn't called.
    self.install(context: context)
    context.fireChannelRead(data)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      // Hummingbird waits for responses before it stops services, and doesn't pass the event on.
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
