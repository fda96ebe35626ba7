internal import GRPCWeb
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Stands where other servers have an app: no request that comes this far has anything to be found.
@available(GRPCWeb 1.0, *)
final class NotFoundHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPRequestPart
  typealias OutboundOut = HTTPResponsePart

  private let httpVersion: GRPCWebChannelHandler.HTTPVersion
  /// Whether the client wants the connection closed behind the response to the request that is coming.
  private var closesConnection = false

  /// Creates a handler for one channel.
  init(httpVersion: GRPCWebChannelHandler.HTTPVersion) {
    self.httpVersion = httpVersion
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch self.unwrapInboundIn(data) {
    case .head(let request):
      self.closesConnection = self.httpVersion == .http1 && request.closesConnection
    case .body:
      break
    case .end:
      // When the whole request has come: some clients read no response before they have sent all.
      if self.closesConnection {
        self.respondAndClose(.notFound, context: context)
      } else {
        self.respond(.notFound, context: context)
      }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // What can't be parsed has no end, after which another request could begin.
    if self.httpVersion == .http1 && context.channel.isActive {
      self.respondAndClose(.badRequest, context: context)
    } else {
      context.close(promise: nil)
    }
  }

  private func respondAndClose(_ status: HTTPResponse.Status, context: ChannelHandlerContext) {
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in
      context.close(promise: nil)
    }
    self.respond(status, fields: [.connection: "close"], context: context, promise: written)
  }

  private func respond(
    _ status: HTTPResponse.Status,
    fields: HTTPFields = [:],
    context: ChannelHandlerContext,
    promise: EventLoopPromise<Void>? = nil
  ) {
    var response = HTTPResponse(status: status, headerFields: fields)
    response.headerFields[.contentLength] = "0"
    context.write(self.wrapOutboundOut(.head(response)), promise: nil)
    context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: promise)
  }
}
