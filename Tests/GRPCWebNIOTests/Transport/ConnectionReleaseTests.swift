import GRPCWebTestSupport
import NIOCore
import NIOHTTP2
import NIOPosix
import Testing

@testable import GRPCWeb
@testable import GRPCWebNIO

/// Connections leave nothing in memory.
@Suite(.timeLimit(.minutes(1)))
struct ConnectionReleaseTests {
  @Test("A connection of HTTP/2 that fails in the read that opened a stream is let go")
  @available(GRPCWeb 1.0, *)
  func failedInOneRead() async throws {
    let open = RawHTTP2Connection.frame(
      .headers,
      flags: RawHTTP2Connection.endHeaders,
      stream: 1,
      // POST, http and the path "/x", by the entries of HPACK's static table.
      [0x83, 0x86, 0x44, 2] + Array("/x".utf8)
    )
    // A PING frame has to have eight bytes.
    let fault = RawHTTP2Connection.frame(.ping, [0])
    try await Self.expectRelease(
      sending: Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        + RawHTTP2Connection.frame(.settings) + open + fault
    )
  }

  @Test("A connection of HTTP/1.1 that fails is let go")
  @available(GRPCWeb 1.0, *)
  func failedHTTP1() async throws {
    try await Self.expectRelease(sending: Array("GET / HTTP/1.1\r\n\0\r\n\r\n".utf8))
  }

  /// Sends bytes behind which the server closes the connection, and expects nothing to be left of it.
  @available(GRPCWeb 1.0, *)
  private static func expectRelease(sending bytes: [UInt8]) async throws {
    let initializer = ConnectionInitializer(
      calls: GRPCWebServerTransport(),
      config: .defaults,
      tls: nil
    )
    let accepted = Counter()
    let connection = WeakBox<AnyObject>()
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        accepted.add()
        connection.object = channel
        return initializer.initialize(channel)
      }
      .bind(host: "127.0.0.1", port: 0)
      .get()
    let client = try await RawConnection.connect(to: try #require(listener.localAddress?.port))

    try await client.send(bytes)
    try await eventually("the server closes the connection", within: .seconds(20)) {
      client.isClosedByServer
    }
    await client.close()
    try await eventually("the connection is let go", within: .seconds(20)) {
      connection.object == nil
    }
    #expect(accepted.value == 1)
    try await listener.close()
  }
}
