#if NIO
internal import GRPCWeb
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes

/// The last handler of a channel, in the place of an app: it answers every request that is no call with 404.
@available(GRPCWeb 1.0, *)
final class NotFoundHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPRequestPart
  typealias OutboundOut = HTTPResponsePart

  private enum State {
    /// Between two requests.
    case idle
    /// A request is being received. It is answered at its end: some clients read no response before they have sent
    /// everything.
    case receiving(Answer)
    /// The request has been answered; its rest is dropped.
    case discarding
    /// The connection ends; everything that comes is dropped.
    case closing
  }

  private struct Answer {
    var status: HTTPResponse.Status
    var closesConnection: Bool
  }

  private let httpVersion: GRPCWebChannelHandler.HTTPVersion
  private let resources: EventLoopResources
  private var state = State.idle
  /// Limits how long nothing may come of a request.
  private var requestTimer: StallTimer

  /// Creates a handler for one channel.
  ///
  /// - Parameters:
  ///   - httpVersion: The kind of channel.
  ///   - resources: What the channels of its event loop share.
  init(httpVersion: GRPCWebChannelHandler.HTTPVersion, resources: EventLoopResources) {
    self.httpVersion = httpVersion
    self.resources = resources
    self.requestTimer = StallTimer(resources.requestReadTimeouts)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.requestTimer.cancel()
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.requestTimer.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (self.unwrapInboundIn(data), self.state) {
    case (.head(let request), .idle):
      self.begin(request, context: context)
    case (.end, .receiving(let answer)):
      self.state = .idle
      self.respond(answer, context: context)
    case (.end, .discarding):
      self.state = .idle
    default:
      break
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    self.watchRequest(context: context)
    context.fireChannelReadComplete()
  }

  private func begin(_ request: HTTPRequest, context: ChannelHandlerContext) {
    let status: HTTPResponse.Status = request.method == .connect ? .notImplemented : .notFound
    switch self.httpVersion {
    case .http1 where request.expectsContinue:
      // RFC 9110, section 10.1.1: this client may send the body now, or not.
      self.respond(Answer(status: status, closesConnection: true), context: context)
    case .http1:
      // Bytes of any protocol may follow a request for a tunnel.
      let closesConnection = request.closesConnection || request.method == .connect
      self.state = .receiving(Answer(status: status, closesConnection: closesConnection))
    case .http2:
      self.state = .discarding
      self.respond(Answer(status: status, closesConnection: false), context: context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Where bytes that can't be parsed end and another request begins is unknown, so the connection ends.
    if case .closing = self.state {
      return
    } else if self.httpVersion == .http1 && context.channel.isActive {
      let isTooLarge = error as? HTTPParserError == .headerOverflow
      let status: HTTPResponse.Status =
        isTooLarge ? .requestHeaderFieldsTooLarge : .badRequest
      self.respond(Answer(status: status, closesConnection: true), context: context)
    } else {
      context.close(promise: nil)
    }
  }

  /// Limits how long the rest of a request that has begun may take.
  private func watchRequest(context: ChannelHandlerContext) {
    switch self.state {
    case .idle, .closing:
      self.requestTimer.cancel()
    case .receiving, .discarding:
      self.requestTimer.restart { self.requestStalled(context: context) }
    }
  }

  private func requestStalled(context: ChannelHandlerContext) {
    switch self.state {
    case .receiving:
      self.respond(Answer(status: .requestTimeout, closesConnection: true), context: context)
    case .discarding:
      context.close(promise: nil)
    case .idle, .closing:
      break
    }
  }

  private func respond(_ answer: Answer, context: ChannelHandlerContext) {
    var response = HTTPResponse(status: answer.status)
    response.headerFields.append(self.resources.date.field)
    response.headerFields[.contentLength] = "0"
    var promise: EventLoopPromise<Void>?
    if answer.closesConnection {
      self.state = .closing
      response.headerFields[.connection] = "close"
      promise = context.eventLoop.makePromise()
      promise?.futureResult.assumeIsolated().whenComplete { _ in
        context.closeLingering(self.resources)
      }
    }
    context.write(self.wrapOutboundOut(.head(response)), promise: nil)
    context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: promise)
  }
}
#endif
