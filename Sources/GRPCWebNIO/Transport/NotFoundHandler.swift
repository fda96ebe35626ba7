#if NIO
internal import GRPCWeb
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes

/// Stands where other servers have an app: no request that comes this far has anything to be found.
@available(GRPCWeb 1.0, *)
final class NotFoundHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPRequestPart
  typealias OutboundOut = HTTPResponsePart

  private enum State {
    /// The next that comes is the head of a request.
    case idle
    /// The rest of a request is awaited, some clients reading no response before they have sent all; then it is
    /// answered.
    case receiving(Answer)
    /// The request has been answered; what still comes of it is dropped.
    case dropping
    /// The connection ends; all that comes is dropped.
    case closing
  }

  private struct Answer {
    var status: HTTPResponse.Status
    var closesConnection: Bool
  }

  private let httpVersion: GRPCWebChannelHandler.HTTPVersion
  private let requestReadTimeout: Duration?
  private let date: DateCache
  private var state = State.idle
  private var requestTimer: StallTimer?

  /// Creates a handler for one channel.
  ///
  /// - Parameters:
  ///   - httpVersion: The kind of channel.
  ///   - requestReadTimeout: How long no byte of a request that has begun may come; `nil` for ever.
  ///   - date: The date of responses.
  init(
    httpVersion: GRPCWebChannelHandler.HTTPVersion,
    requestReadTimeout: Duration?,
    date: DateCache
  ) {
    self.httpVersion = httpVersion
    self.requestReadTimeout = requestReadTimeout
    self.date = date
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.requestTimer?.cancel()
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.requestTimer?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (self.unwrapInboundIn(data), self.state) {
    case (.head(let request), .idle):
      self.begin(request, context: context)
    case (.end, .receiving(let answer)):
      self.state = .idle
      self.respond(answer, context: context)
    case (.end, .dropping):
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
      // RFC 9110, section 10.1.1: such a client may send the body now, or not.
      self.respond(Answer(status: status, closesConnection: true), context: context)
    case .http1:
      // Behind a request for a tunnel there may be anything.
      let closesConnection = request.closesConnection || request.method == .connect
      self.state = .receiving(Answer(status: status, closesConnection: closesConnection))
    case .http2:
      self.state = .dropping
      self.respond(Answer(status: status, closesConnection: false), context: context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // What can't be parsed has no end, after which another request could begin.
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

  /// Waits for the rest of a request that has begun.
  private func watchRequest(context: ChannelHandlerContext) {
    switch self.state {
    case .idle, .closing:
      self.requestTimer?.stop()
    case .receiving, .dropping:
      if self.requestTimer == nil, let timeout = self.requestReadTimeout {
        self.requestTimer = StallTimer(timeout: timeout, eventLoop: context.eventLoop) {
          self.requestStalled(context: context)
        }
      }
      self.requestTimer?.restart()
    }
  }

  private func requestStalled(context: ChannelHandlerContext) {
    switch self.state {
    case .receiving:
      self.respond(Answer(status: .requestTimeout, closesConnection: true), context: context)
    case .dropping:
      context.close(promise: nil)
    case .idle, .closing:
      break
    }
  }

  private func respond(_ answer: Answer, context: ChannelHandlerContext) {
    var response = HTTPResponse(status: answer.status)
    response.headerFields.append(self.date.field)
    response.headerFields[.contentLength] = "0"
    var promise: EventLoopPromise<Void>?
    if answer.closesConnection {
      self.state = .closing
      response.headerFields[.connection] = "close"
      promise = context.eventLoop.makePromise()
      promise?.futureResult.assumeIsolated().whenComplete { _ in
        context.closeLingering()
      }
    }
    context.write(self.wrapOutboundOut(.head(response)), promise: nil)
    context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: promise)
  }
}
#endif
