import NIOCore
import NIOHTTP1
import NIOPosix

/// Serves HTTP/1.1 with SwiftNIO alone: what is possible here at all.
///
/// - Parameters:
///   - announce: Called with the port.
///   - makeHandler: Makes the handler that answers the requests of a connection.
func serveBareNIO(
  announce: @Sendable (_ port: Int) -> Void,
  makeHandler: @escaping @Sendable () -> some ChannelInboundHandler
) async throws {
  let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
    .serverChannelOption(.backlog, value: 256)
    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
    .childChannelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        let pipeline = channel.pipeline.syncOperations
        // Each handler answers before it sees the next request, and needs no one to keep the order.
        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
        try pipeline.addHandler(makeHandler())
      }
    }
    .bind(host: "127.0.0.1", port: 0)
    .get()

  if let port = channel.localAddress?.port {
    announce(port)
  }
  try await channel.closeFuture.get()
}

/// Answers each request with the same bytes, as soon as it is there.
final class FixedAnswerHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let head: HTTPResponseHead
  private let body: IOData

  init(body: ByteBuffer) {
    self.head = HTTPResponseHead(
      version: .http1_1,
      status: .ok,
      headers: [
        "content-type": UnaryAnswer.contentType,
        "content-length": "\(body.readableBytes)",
      ]
    )
    self.body = .byteBuffer(body)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .end = self.unwrapInboundIn(data) else { return }
    context.write(self.wrapOutboundOut(.head(self.head)), promise: nil)
    context.write(self.wrapOutboundOut(.body(self.body)), promise: nil)
    context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
  }
}

/// Sends the body of each request back, as the buffers that it came in, once it is whole: an answer
/// to a message can't start sooner.
final class EchoHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private var received: [ByteBuffer] = []

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch self.unwrapInboundIn(data) {
    case .head:
      break
    case .body(let buffer):
      self.received.append(buffer)
    case .end:
      self.answer(context: context)
    }
  }

  private func answer(context: ChannelHandlerContext) {
    let length = self.received.reduce(into: 0) { $0 += $1.readableBytes }
    let head = HTTPResponseHead(
      version: .http1_1,
      status: .ok,
      headers: ["content-type": UnaryAnswer.contentType, "content-length": "\(length)"]
    )
    context.write(self.wrapOutboundOut(.head(head)), promise: nil)
    for buffer in self.received {
      context.write(self.wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
    }
    context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    self.received.removeAll(keepingCapacity: true)
  }
}
