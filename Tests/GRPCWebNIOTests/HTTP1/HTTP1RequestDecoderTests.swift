import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import GRPCWebNIO

@Suite
struct HTTP1RequestDecoderTests {
  /// Notifies the decoder of the ends of requests, as the codec does.
  private final class OfferHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    let decoder: HTTP1RequestDecoder
    var mayStop = false

    init(decoder: HTTP1RequestDecoder) {
      self.decoder = decoder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch self.unwrapInboundIn(data) {
      case .head(let head):
        self.mayStop = head.headers.contains(name: "upgrade") || head.method == .CONNECT
      case .body:
        break
      case .end:
        if self.mayStop {
          self.decoder.offerEnded()
        }
      }
      context.fireChannelRead(data)
    }
  }

  @available(GRPCWeb 1.0, *)
  private static func parse(_ bytes: [UInt8], chunkSize: Int) throws -> [String] {
    let decoder = HTTP1RequestDecoder(maximumHeadSize: 1024)
    let channel = EmbeddedChannel()
    try channel.pipeline.syncOperations.addHandlers([
      ByteToMessageHandler(decoder), OfferHandler(decoder: decoder),
    ])
    for start in stride(from: 0, to: bytes.count, by: chunkSize) {
      let chunk = bytes[start ..< min(start + chunkSize, bytes.count)]
      try channel.writeInbound(ByteBuffer(bytes: chunk))
    }
    var texts: [String] = []
    while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
      switch part {
      case .head(let head):
        texts.append("\(head.method) \(head.uri)")
      case .body(let body):
        texts.append(String(buffer: body))
      case .end:
        texts.append(".")
      }
    }
    _ = try channel.finish()
    return texts
  }

  private static let offer = "connection: upgrade\r\nupgrade: h2c\r\n"

  @Test(
    "Requests behind an offer are parsed as if the offer weren't there, in whatever chunks they come",
    arguments: [1, 2, 7, 30, 1000]
  )
  @available(GRPCWeb 1.0, *)
  func offers(chunkSize: Int) throws {
    let requests = """
      GET /1 HTTP/1.1\r\nhost: a\r\n\(Self.offer)\r\n\
      GET /2 HTTP/1.1\r\nhost: a\r\n\(Self.offer)\r\n\
      GET /3 HTTP/1.1\r\nhost: a\r\nupgrade:\r\nconnection: upgrade\r\n\r\n\
      GET /4 HTTP/1.1\r\nhost: a\r\nupgrade: h2c\r\n\r\n\
      GET /5 HTTP/1.1\r\nhost: a\r\nupgrade: h2c\r\nconnection: x,\tupgrade\r\n\r\n\
      CONNECT b:1 HTTP/1.1\r\nhost: a\r\n\r\n\
      GET /6 HTTP/1.1\r\nhost: a\r\n\r\n
      """
    let texts = try Self.parse(Array(requests.utf8), chunkSize: chunkSize)
    #expect(
      texts == [
        "GET /1", ".", "GET /2", ".", "GET /3", ".", "GET /4", ".", "GET /5", ".", "CONNECT b:1",
        ".",
        "GET /6", ".",
      ]
    )
  }

  @Test(
    "The body of a request with an offer is parsed as if the offer weren't there",
    arguments: [1, 7, 1000]
  )
  @available(GRPCWeb 1.0, *)
  func bodies(chunkSize: Int) throws {
    let requests = """
      POST /1 HTTP/1.1\r\nhost: a\r\n\(Self.offer)content-length: 3\r\n\r\nabc\
      POST /2 HTTP/1.1\r\nhost: a\r\n\(Self.offer)transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n\
      GET /3 HTTP/1.1\r\nhost: a\r\n\r\n
      """
    let texts = try Self.parse(Array(requests.utf8), chunkSize: chunkSize)
    #expect(texts.joined() == "POST /1abc.POST /2abc.GET /3.")
  }

  @Test("What follows an offer and isn't HTTP is a fault, and isn't kept")
  @available(GRPCWeb 1.0, *)
  func garbage() throws {
    let request = "GET /1 HTTP/1.1\r\nhost: a\r\n\(Self.offer)\r\n"
    #expect(throws: HTTPParserError.self) {
      try Self.parse(Array(request.utf8) + [0, 1, 2, 3], chunkSize: 1000)
    }
  }

  @Test("A head is limited as a whole", arguments: [1, 20])
  @available(GRPCWeb 1.0, *)
  func headLimit(fieldCount: Int) throws {
    let field = "x: \(String(repeating: "y", count: 1200 / fieldCount))\r\n"
    let fields = String(repeating: field, count: fieldCount)
    let request = "GET / HTTP/1.1\r\nhost: a\r\n\(fields)\r\n"
    #expect(throws: HTTPParserError.headerOverflow) {
      try Self.parse(Array(request.utf8), chunkSize: 100)
    }
  }
}
