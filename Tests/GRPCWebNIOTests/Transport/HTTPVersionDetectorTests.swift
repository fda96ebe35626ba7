import NIOCore
import NIOEmbedded
import Testing

@testable import GRPCWebNIO

@Suite
struct HTTPVersionDetectorTests {
  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  @Test("RFC 9113, section 3.4: the preface is HTTP/2's, whatever follows")
  @available(GRPCWeb 1.0, *)
  func preface() {
    #expect(HTTPVersionDetector.isHTTP2(Self.preface) == true)
    #expect(HTTPVersionDetector.isHTTP2(Self.preface + [0, 0, 0, 4, 0, 0, 0, 0, 0]) == true)
  }

  @Test("Bytes that may become the preface don't decide the version")
  @available(GRPCWeb 1.0, *)
  func tooFew() {
    for length in 0 ..< Self.preface.count {
      #expect(HTTPVersionDetector.isHTTP2(Self.preface.prefix(length)) == nil)
    }
  }

  @Test("Bytes that aren't the preface's are HTTP/1.1's, wherever they differ")
  @available(GRPCWeb 1.0, *)
  func different() {
    for index in Self.preface.indices {
      var bytes = Self.preface
      bytes[index] ^= 0x20
      #expect(HTTPVersionDetector.isHTTP2(bytes) == false)
      #expect(HTTPVersionDetector.isHTTP2(bytes.prefix(index + 1)) == false)
    }
  }

  @Test(
    "Bytes of a request line are HTTP/1.1's",
    arguments: ["P", "PR", "PRI * HTTP/1.1\r\n", "POST / HTTP/1.1\r\n", "GET /", "\r\n", "\u{16}"]
  )
  @available(GRPCWeb 1.0, *)
  func requests(text: String) {
    // The first bytes decide which of these could still become the preface.
    let expected: Bool? = ["P", "PR"].contains(text) ? nil : false
    #expect(HTTPVersionDetector.isHTTP2(text.utf8) == expected)
  }

  @Test("All bytes are handed on, in whatever chunks they come", arguments: [1, 3, 24, 1000])
  @available(GRPCWeb 1.0, *)
  func handsOn(chunkSize: Int) throws {
    for (bytes, isHTTP2) in [
      (Self.preface + [0, 0, 0, 4], true), (Array("PRINT / HTTP/1.1\r\n\r\n".utf8), false),
    ] {
      var versions: [Bool] = []
      let channel = EmbeddedChannel(
        handler: HTTPVersionDetector { isHTTP2, _ in versions.append(isHTTP2) }
      )
      try channel.connect(to: .init(unixDomainSocketPath: "/test")).wait()
      for start in stride(from: 0, to: bytes.count, by: chunkSize) {
        let chunk = bytes[start ..< min(start + chunkSize, bytes.count)]
        try channel.writeInbound(ByteBuffer(bytes: chunk))
      }
      #expect(versions == [isHTTP2])

      var received: [UInt8] = []
      while let buffer = try channel.readInbound(as: ByteBuffer.self) {
        received += buffer.readableBytesView
      }
      #expect(received == bytes)
      let detector = try? channel.pipeline.syncOperations.handler(type: HTTPVersionDetector.self)
      #expect(detector == nil)
      _ = try channel.finish()
    }
  }

  @Test(
    "Bytes that come while handlers are added are kept for them, and the version isn't decided again"
  )
  @available(GRPCWeb 1.0, *)
  func reentrance() throws {
    let rest: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
    var decisions = 0
    let channel = EmbeddedChannel()
    let detector = HTTPVersionDetector { _, channel in
      decisions += 1
      // When a write fails, SwiftNIO reads what is left in the socket.
      channel.pipeline.fireChannelRead(ByteBuffer(bytes: rest))
      channel.pipeline.fireChannelRead(ByteBuffer(bytes: rest))
    }
    try channel.pipeline.syncOperations.addHandler(detector)
    try channel.connect(to: .init(unixDomainSocketPath: "/test")).wait()
    try channel.writeInbound(ByteBuffer(bytes: Self.preface))

    #expect(decisions == 1)
    var received: [UInt8] = []
    while let buffer = try channel.readInbound(as: ByteBuffer.self) {
      received += buffer.readableBytesView
    }
    #expect(received == Self.preface + rest + rest)
    _ = try channel.finish()
  }
}
