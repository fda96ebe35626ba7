public import GRPCWebTestSupport
internal import NIOCore
internal import NIOPosix

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// A server on loopback that sends the same bytes to whoever makes a request, whatever they ask.
@available(GRPCWeb 1.0, *)
public final class ScriptedServer: Sendable {
  /// What becomes of a connection when everything has been sent.
  public enum Ending: Sendable {
    /// It is closed in the usual way.
    case close
    /// It stays open.
    case stall
    /// It is broken off.
    case reset
  }

  /// What a server sends.
  public struct Script: Sendable {
    /// The bytes: HTTP, or what passes for it.
    public var bytes: [UInt8]
    /// What comes after them.
    public var ending: Ending

    /// Creates a script.
    public init(_ bytes: [UInt8], ending: Ending = .close) {
      self.bytes = bytes
      self.ending = ending
    }
  }

  /// Where the server is.
  public let url: String
  /// Counts the requests that have arrived.
  public let requests: Counter
  /// Counts the connections that are no more.
  public let closures: Counter

  private init(url: String, requests: Counter, closures: Counter) {
    self.url = url
    self.requests = requests
    self.closures = closures
  }

  /// Runs a server while a closure uses it.
  ///
  /// - Parameters:
  ///   - script: What the server sends.
  ///   - answersAnything: Whether the first bytes are a request, whatever they are.
  ///   - body: Uses the server.
  public static func run<Result>(
    _ script: Script,
    answersAnything: Bool = false,
    _ body: (ScriptedServer) async throws -> Result
  ) async throws -> Result {
    let requests = Counter()
    let closures = Counter()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            ScriptHandler(
              script: script,
              answersAnything: answersAnything,
              requests: requests,
              closures: closures
            )
          )
        }
      }
      .bind(host: "127.0.0.1", port: 0)
      .get()

    let port = channel.localAddress?.port ?? 0
    let server = ScriptedServer(
      url: "http://127.0.0.1:\(port)",
      requests: requests,
      closures: closures
    )
    do {
      let result = try await body(server)
      try await channel.close()
      return result
    } catch {
      try? await channel.close()
      throw error
    }
  }

  /// The URL of a port that nothing listens on.
  ///
  /// Port 1 belongs to a service that nobody runs. A port that was free a moment ago may be another
  /// test's by now.
  public static let unusedURL = "http://127.0.0.1:1"
}

/// Waits for a whole request, then follows the script.
@available(GRPCWeb 1.0, *)
private final class ScriptHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let script: ScriptedServer.Script
  private let answersAnything: Bool
  private let requests: Counter
  private let closures: Counter
  private var request = ""

  init(
    script: ScriptedServer.Script,
    answersAnything: Bool,
    requests: Counter,
    closures: Counter
  ) {
    self.script = script
    self.answersAnything = answersAnything
    self.requests = requests
    self.closures = closures
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // Byte by byte as Latin-1, so that a count of characters is one of bytes.
    let bytes = self.unwrapInboundIn(data).readableBytesView
    self.request.unicodeScalars.append(contentsOf: bytes.lazy.map { Unicode.Scalar($0) })
    guard self.answersAnything || self.isRequestWhole else { return }
    self.request = ""
    self.requests.add()
    self.follow(context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.closures.add()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private var isRequestWhole: Bool {
    let scalars = Array(self.request.unicodeScalars)
    let separator = Array("\r\n\r\n".unicodeScalars)
    guard
      let end = scalars.indices.first(where: { scalars[$0...].starts(with: separator) })
    else {
      return false
    }
    var head = ""
    head.unicodeScalars.append(contentsOf: scalars[..<end])
    for line in head.lowercased().split(separator: "\r\n") {
      if line.hasPrefix("content-length:") {
        let length = Int(line.dropFirst("content-length:".count).filter(\.isNumber)) ?? 0
        return scalars.count >= end + separator.count + length
      }
    }
    return scalars.suffix(5).elementsEqual("0\r\n\r\n".unicodeScalars)
  }

  private func follow(_ context: ChannelHandlerContext) {
    let channel = context.channel
    let written = context.writeAndFlush(
      self.wrapOutboundOut(ByteBuffer(bytes: self.script.bytes))
    )
    switch self.script.ending {
    case .stall:
      break
    case .close:
      written.whenComplete { _ in channel.close(promise: nil) }
    case .reset:
      written.whenComplete { _ in
        let options = channel as? any SocketOptionProvider
        let now = linger(l_onoff: 1, l_linger: 0)
        guard let set = options?.setSoLinger(now) else { return }
        set.whenComplete { _ in channel.close(promise: nil) }
      }
    }
  }
}
