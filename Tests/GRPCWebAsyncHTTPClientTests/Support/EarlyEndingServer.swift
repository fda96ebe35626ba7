import GRPCWebTestSupport
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL

/// A server of HTTP/2 over TLS that answers every call when its head has come, and reads no further.
@available(GRPCWeb 1.0, *)
struct EarlyEndingServer {
  /// What it does with the rest of a request.
  enum Ending: Sendable {
    /// It resets the stream with `NO_ERROR`, as Go's server does.
    case reset
    /// It leaves the stream open, as most servers do.
    case wait
  }

  /// Where the server is.
  var url: String

  /// Runs a server while a closure uses it.
  ///
  /// - Parameters:
  ///   - status: The HTTP status of all responses.
  ///   - body: The body of each response, in chunks, each sent in a frame of its own.
  ///   - ending: What the server does with the rest of a request.
  static func run<Result>(
    status: Int = 200,
    body: [[UInt8]],
    ending: Ending,
    _ use: (EarlyEndingServer) async throws -> Result
  ) async throws -> Result {
    var tls = try TestCertificate.serverConfiguration()
    tls.applicationProtocols = ["h2"]
    let context = try NIOSSLContext(configuration: tls)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(NIOSSLServerHandler(context: context))
          var connection = NIOHTTP2Handler.ConnectionConfiguration()
          // What clients still send on streams that have been reset is no fault of theirs.
          connection.maximumRecentlyResetStreams = 10_000
          _ = try pipeline.configureHTTP2Pipeline(
            mode: .server,
            connectionConfiguration: connection,
            streamConfiguration: .init()
          ) { stream in
            stream.eventLoop.makeCompletedFuture {
              try stream.pipeline.syncOperations.addHandler(
                AnswerHandler(status: status, body: body, ending: ending)
              )
            }
          }
        }
      }
      .bind(host: "127.0.0.1", port: 0)
      .get()

    let port = channel.localAddress?.port ?? 0
    do {
      let result = try await use(EarlyEndingServer(url: "https://127.0.0.1:\(port)"))
      try await channel.close()
      return result
    } catch {
      try? await channel.close()
      throw error
    }
  }
}

/// Answers a stream's head.
@available(GRPCWeb 1.0, *)
private final class AnswerHandler: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  private let status: Int
  private let body: [[UInt8]]
  private let ending: EarlyEndingServer.Ending

  init(status: Int, body: [[UInt8]], ending: EarlyEndingServer.Ending) {
    self.status = status
    self.body = body
    self.ending = ending
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .headers = self.unwrapInboundIn(data) else { return }
    let fields: HPACKHeaders = [
      ":status": "\(self.status)", "content-type": "application/grpc-web+proto",
    ]
    self.write(.headers(.init(headers: fields, endStream: self.body.isEmpty)), to: context)
    for (index, chunk) in self.body.enumerated() {
      let isLast = index == self.body.count - 1
      let bytes = IOData.byteBuffer(ByteBuffer(bytes: chunk))
      self.write(.data(.init(data: bytes, endStream: isLast)), to: context)
    }
    context.flush()
    if case .reset = self.ending {
      // Later, as it would overtake what is flushed at the end of this turn only.
      context.eventLoop.assumeIsolated().execute {
        self.write(.rstStream(.noError), to: context)
        context.flush()
      }
    }
  }

  private func write(_ payload: HTTP2Frame.FramePayload, to context: ChannelHandlerContext) {
    context.write(self.wrapOutboundOut(payload), promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
