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

  /// Creates a handler for one channel.
  init(httpVersion: GRPCWebChannelHandler.HTTPVersion) {
    self.httpVersion = httpVersion
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // When the whole request has come: some clients read no response before they have sent all.
    if case .end = self.unwrapInboundIn(data) {
      self.respond(.notFound, context: context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // What can't be parsed has no end, after which another request could begin.
    if self.httpVersion == .http1 && context.channel.isActive {
      let written = context.eventLoop.makePromise(of: Void.self)
      written.futureResult.assumeIsolated().whenComplete { _ in
        context.close(promise: nil)
      }
      self.respond(.badRequest, fields: [.connection: "close"], context: context, promise: written)
    } else {
      context.close(promise: nil)
    }
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
