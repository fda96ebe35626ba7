#if NIO
internal import HTTPTypes
internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2

/// Refuses an HTTP/2 stream that exceeds the number of open streams, or whose head is too large, and no other stream.
///
/// SwiftNIO's own limits end the whole connection, on which a proxy may have the calls of other clients. So SwiftNIO's
/// limits are set higher than these.
@available(GRPCWeb 1.0, *)
final class HTTP2AdmissionHandler: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias InboundOut = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  /// How many streams of a connection are open.
  final class OpenStreams {
    fileprivate var count = 0
    fileprivate let maximum: Int

    init(maximum: Int) {
      self.maximum = maximum
    }
  }

  private let openStreams: OpenStreams
  private let maximumHeadSize: Int
  private let date: DateCache
  private var isRefused = false
  /// Whether the stream is one of the open ones.
  private var isCounted = false

  /// Creates a handler for one stream.
  ///
  /// - Parameters:
  ///   - openStreams: The open streams of its connection.
  ///   - maximumHeadSize: The largest size of the names and values of a head, in bytes.
  ///   - date: The date of responses.
  init(openStreams: OpenStreams, maximumHeadSize: Int, date: DateCache) {
    self.openStreams = openStreams
    self.maximumHeadSize = maximumHeadSize
    self.date = date
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.openStreams.count += 1
    self.isCounted = true
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.closed()
  }

  /// Makes room for another stream: SwiftNIO removes handlers one turn of the event loop later, until when a single read
  /// may bring many streams that the client has reset.
  func channelInactive(context: ChannelHandlerContext) {
    self.closed()
    context.fireChannelInactive()
  }

  private func closed() {
    guard self.isCounted else { return }
    self.isCounted = false
    self.openStreams.count -= 1
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !self.isRefused else { return }
    if case .headers(let headers) = self.unwrapInboundIn(data) {
      if self.openStreams.count > self.openStreams.maximum {
        self.isRefused = true
        // RFC 9113, section 8.7: this code says that nothing was processed, so that the client may try again.
        context.writeAndFlush(self.wrapOutboundOut(.rstStream(.refusedStream)), promise: nil)
        return
      } else if !self.isAllowed(headers.headers) {
        self.isRefused = true
        self.answerTooLarge(context: context)
        return
      }
    }
    context.fireChannelRead(data)
  }

  private func isAllowed(_ headers: HPACKHeaders) -> Bool {
    var size = 0
    for header in headers {
      size += header.name.utf8.count + header.value.utf8.count
    }
    return size <= self.maximumHeadSize
  }

  private func answerTooLarge(context: ChannelHandlerContext) {
    let status = HTTPResponse.Status.requestHeaderFieldsTooLarge
    let response: HPACKHeaders = [
      ":status": "\(status.code)", "content-length": "0", "date": self.date.field.value,
    ]
    context.write(
      self.wrapOutboundOut(.headers(.init(headers: response, endStream: true))),
      promise: nil
    )
    // The rest of the request isn't wanted (RFC 9113, section 8.1).
    context.writeAndFlush(self.wrapOutboundOut(.rstStream(.noError)), promise: nil)
  }
}
#endif
