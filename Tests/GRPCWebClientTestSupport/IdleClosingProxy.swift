internal import NIOCore
internal import NIOPosix

/// A proxy on loopback that answers one request a connection, and closes it when the next one comes: as
/// a server does whose defaultTimeout with an idle connection ends just then.
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
            let answers = Answers()
            try client.pipeline.syncOperations.addHandler(Relay(.requests(answers), to: server))
            try server.pipeline.syncOperations.addHandler(Relay(.responses(answers), to: client))
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

  /// Whether a connection has answered a request, known to its event loop alone.
  private final class Answers {
    var isAnswered = false
  }

  /// Passes bytes on to another channel of the same event loop.
  private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    enum Direction {
      case requests(Answers)
      case responses(Answers)
    }

    private let direction: Direction
    private let other: any Channel

    init(_ direction: Direction, to other: any Channel) {
      self.direction = direction
      self.other = other
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let bytes = self.unwrapInboundIn(data)
      switch self.direction {
      case .requests(let answers) where answers.isAnswered:
        context.close(promise: nil)
        return
      case .responses(let answers):
        let lastChunk = "0\r\n\r\n".utf8
        if bytes.readableBytesView.suffix(lastChunk.count).elementsEqual(lastChunk) {
          answers.isAnswered = true
        }
      case .requests:
        break
      }
      self.other.writeAndFlush(bytes, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      self.other.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }
}
