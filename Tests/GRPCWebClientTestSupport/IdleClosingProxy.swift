internal import NIOCore
internal import NIOPosix

/// A proxy on loopback that closes each connection shortly after a response, when a further request may
/// already be on its way.
@available(GRPCWeb 1.0, *)
public enum IdleClosingProxy {
  /// Runs a proxy while a closure uses it.
  ///
  /// - Parameters:
  ///   - url: Where requests go: a port of this machine.
  ///   - body: Is handed the URL of the proxy.
  public static func run<Result>(
    to url: String,
    _ body: (_ url: String) async throws -> Result
  ) async throws -> Result {
    let port = url.split(separator: ":").last.flatMap { Int($0) } ?? 0
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { client in
        ClientBootstrap(group: client.eventLoop)
          .connect(host: "127.0.0.1", port: port)
          .flatMapThrowing { server in
            try client.pipeline.syncOperations.addHandler(Relay(to: server, closesAtEnd: false))
            try server.pipeline.syncOperations.addHandler(Relay(to: client, closesAtEnd: true))
          }
      }
      .bind(host: "127.0.0.1", port: 0)
      .get()

    do {
      let result = try await body("http://127.0.0.1:\(channel.localAddress?.port ?? 0)")
      try await channel.close()
      return result
    } catch {
      try? await channel.close()
      throw error
    }
  }

  /// Passes bytes on to another channel of the same event loop.
  private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel
    private let closesAtEnd: Bool

    init(to other: any Channel, closesAtEnd: Bool) {
      self.other = other
      self.closesAtEnd = closesAtEnd
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let bytes = self.unwrapInboundIn(data)
      let lastChunk = "0\r\n\r\n".utf8
      let isEnd =
        self.closesAtEnd && bytes.readableBytesView.suffix(lastChunk.count).elementsEqual(lastChunk)
      self.other.writeAndFlush(bytes, promise: nil)
      if isEnd {
        let other = self.other
        let delay = Int64.random(in: 0 ..< 1000)
        context.eventLoop.scheduleTask(in: .microseconds(delay)) { other.close(promise: nil) }
      }
    }

    func channelInactive(context: ChannelHandlerContext) {
      self.other.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }
}
