import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import Testing

@testable import GRPCWebNIO

/// The codec by itself, in a channel without a socket.
@Suite
struct HTTP1CodecTests {
  /// A channel with the codec and nothing else.
  @available(GRPCWeb 1.0, *)
  private func makeChannel(isSecure: Bool = false) throws -> EmbeddedChannel {
    let channel = EmbeddedChannel()
    try channel.pipeline.syncOperations.addHandler(HTTP1Codec(isSecure: isSecure))
    return channel
  }

  /// Returns what the codec makes of a request that the parser has read.
  @available(GRPCWeb 1.0, *)
  private func request(_ head: HTTPRequestHead, isSecure: Bool = false) throws -> HTTPRequest {
    let channel = try self.makeChannel(isSecure: isSecure)
    try channel.writeInbound(HTTPServerRequestPart.head(head))
    let part = try #require(try channel.readInbound(as: HTTPRequestPart.self))
    guard case .head(let request) = part else {
      Issue.record("Not a head: \(part)")
      return HTTPRequest(method: .get, scheme: nil, authority: nil, path: nil)
    }
    return request
  }

  // Requests

  @Test("A request keeps its method, path and fields; its host is the authority")
  @available(GRPCWeb 1.0, *)
  func request() throws {
    let request = try self.request(
      HTTPRequestHead(
        version: .http1_1,
        method: .POST,
        uri: "/a.B/C?d=e",
        headers: ["Host": "example.com:1", "X-One": "1", "x-two": "2", "x-one": "3"]
      )
    )
    #expect(request.method == .post)
    #expect(request.scheme == "http")
    #expect(request.authority == "example.com:1")
    #expect(request.path == "/a.B/C?d=e")
    #expect(request.headerFields.map(\.name.canonicalName) == ["x-one", "x-two", "x-one"])
    #expect(request.headerFields.map(\.value) == ["1", "2", "3"])
  }

  @Test("What follows a head that is refused is dropped")
  @available(GRPCWeb 1.0, *)
  func refusedHead() throws {
    let channel = try self.makeChannel()
    let bad = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/")
    let good = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/", headers: ["host": "a"])
    #expect(throws: HTTP1RequestError.invalidHost) {
      try channel.writeInbound(HTTPServerRequestPart.head(bad))
    }
    try channel.writeInbound(HTTPServerRequestPart.body(ByteBuffer(string: "x")))
    try channel.writeInbound(HTTPServerRequestPart.end(nil))
    try channel.writeInbound(HTTPServerRequestPart.head(good))
    #expect(try channel.readInbound(as: HTTPRequestPart.self) == nil)
  }

  @Test("Over TLS the scheme is https")
  @available(GRPCWeb 1.0, *)
  func secure() throws {
    let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: ["host": "a"])
    #expect(try self.request(head, isSecure: true).scheme == "https")
  }

  @Test("A whole URL, as clients send one to a proxy, stands for its path")
  @available(GRPCWeb 1.0, *)
  func wholeURL() throws {
    let head = HTTPRequestHead(
      version: .http1_1,
      method: .POST,
      uri: "http://a.example/b.C/D?e",
      headers: ["host": "a.example"]
    )
    #expect(try self.request(head).path == "/b.C/D?e")
  }

  @Test(
    "A client of HTTP/1.0 wants the connection closed, whatever it says",
    arguments: [nil, "keep-alive"]
  )
  @available(GRPCWeb 1.0, *)
  func oldClient(connection: String?) throws {
    var head = HTTPRequestHead(
      version: .http1_0,
      method: .POST,
      uri: "/",
      headers: ["host": "a"]
    )
    if let connection = connection {
      head.headers.add(name: "Connection", value: connection)
    }
    let request = try self.request(head)
    #expect(request.closesConnection)

    head.version = .http1_1
    #expect(try !self.request(head).closesConnection)
  }

  // Responses

  @Test("The parts of a response leave as one when they are flushed, and not before")
  @available(GRPCWeb 1.0, *)
  func gathersParts() throws {
    let channel = try self.makeChannel()
    let head = HTTPResponse(status: .ok, headerFields: [.contentLength: "2"])
    channel.write(HTTPResponsePart.head(head), promise: nil)
    channel.write(HTTPResponsePart.body(ByteBuffer(string: "ab")), promise: nil)
    channel.write(HTTPResponsePart.end(nil), promise: nil)
    #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)

    channel.flush()
    let sent = try #require(try channel.readOutbound(as: ByteBuffer.self))
    #expect(String(buffer: sent) == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab")
    #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
  }

  @Test("A large part of a body isn't copied")
  @available(GRPCWeb 1.0, *)
  func largeParts() throws {
    let channel = try self.makeChannel()
    let large = ByteBuffer(repeating: 1, count: 16 * 1024 + 1)
    channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
    channel.write(HTTPResponsePart.body(large), promise: nil)
    channel.write(HTTPResponsePart.end(nil), promise: nil)
    channel.flush()

    let start = try #require(try channel.readOutbound(as: ByteBuffer.self))
    #expect(
      String(buffer: start) == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4001\r\n"
    )
    let body = try #require(try channel.readOutbound(as: ByteBuffer.self))
    #expect(body == large)
    let address = { (buffer: ByteBuffer) in buffer.withUnsafeReadableBytes { $0.baseAddress } }
    #expect(address(body) == address(large))
    let end = try #require(try channel.readOutbound(as: ByteBuffer.self))
    #expect(String(buffer: end) == "\r\n0\r\n\r\n")
  }

  @Test("A part of a body without bytes isn't the last chunk")
  @available(GRPCWeb 1.0, *)
  func emptyParts() throws {
    let channel = try self.makeChannel()
    channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
    channel.write(HTTPResponsePart.body(ByteBuffer()), promise: nil)
    channel.write(HTTPResponsePart.body(ByteBuffer(string: "a")), promise: nil)
    channel.flush()
    let sent = try #require(try channel.readOutbound(as: ByteBuffer.self))
    #expect(
      String(buffer: sent) == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n"
    )
  }

  @Test("A promise is kept when what was written before it has been")
  @available(GRPCWeb 1.0, *)
  func promises() throws {
    let channel = try self.makeChannel()
    let promise = channel.eventLoop.makePromise(of: Void.self)
    let isKept = Recorder()
    promise.futureResult.assumeIsolated().whenSuccess { isKept.value = true }
    let head = HTTPResponse(status: .ok, headerFields: [.contentLength: "0"])
    channel.write(HTTPResponsePart.head(head), promise: nil)
    channel.write(HTTPResponsePart.end(nil), promise: promise)
    #expect(!isKept.value)
    channel.flush()
    #expect(isKept.value)
    #expect(try channel.readOutbound(as: ByteBuffer.self) != nil)
  }

  @Test("A promise at the end is kept behind a large part, too, where nothing is left to write")
  @available(GRPCWeb 1.0, *)
  func promiseBehindLargePart() throws {
    let channel = try self.makeChannel()
    let large = ByteBuffer(repeating: 1, count: 16 * 1024 + 1)
    let promise = channel.eventLoop.makePromise(of: Void.self)
    let isKept = Recorder()
    promise.futureResult.assumeIsolated().whenSuccess { isKept.value = true }
    let head = HTTPResponse(
      status: .ok,
      headerFields: [.contentLength: String(large.readableBytes)]
    )
    channel.write(HTTPResponsePart.head(head), promise: nil)
    channel.write(HTTPResponsePart.body(large), promise: nil)
    channel.write(HTTPResponsePart.end(nil), promise: promise)
    #expect(!isKept.value)
    channel.flush()
    #expect(isKept.value)
  }

  @Test("What wasn't flushed isn't sent by a close")
  @available(GRPCWeb 1.0, *)
  func closeDrops() throws {
    let channel = try self.makeChannel()
    let head = HTTPResponse(status: .ok, headerFields: [.contentLength: "0"])
    channel.write(HTTPResponsePart.head(head), promise: nil)
    channel.close(promise: nil)
    channel.flush()
    #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
  }

  @Test("A response is written into the memory of the last, but not while that is being sent")
  @available(GRPCWeb 1.0, *)
  func reusesMemory() throws {
    let channel = try self.makeChannel()
    let respond = { (tag: String) throws -> ByteBuffer in
      let head = HTTPResponse(status: .ok, headerFields: [.contentLength: "0", .eTag: tag])
      channel.write(HTTPResponsePart.head(head), promise: nil)
      channel.write(HTTPResponsePart.end(nil), promise: nil)
      channel.flush()
      return try #require(try channel.readOutbound(as: ByteBuffer.self))
    }
    let first = try respond("a")
    let second = try respond("b")
    #expect(String(buffer: first).contains("ETag: a"))
    #expect(String(buffer: second).contains("ETag: b"))
  }

  @Test("A client of HTTP/1.0 gets no interim response")
  @available(GRPCWeb 1.0, *)
  func noInformationalHead() throws {
    let channel = try self.makeChannel()
    let head = HTTPRequestHead(version: .http1_0, method: .POST, uri: "/")
    try channel.writeInbound(HTTPServerRequestPart.head(head))
    channel.write(HTTPResponsePart.head(HTTPResponse(status: .continue)), promise: nil)
    channel.flush()
    #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
  }

  @Test("Each response is framed for its own request, also where one came before its answer")
  @available(GRPCWeb 1.0, *)
  func versionsInOrder() throws {
    let channel = try self.makeChannel()
    for version in [HTTPVersion.http1_1, .http1_0] {
      let head = HTTPRequestHead(
        version: version,
        method: .POST,
        uri: "/",
        headers: ["host": "a"]
      )
      try channel.writeInbound(HTTPServerRequestPart.head(head))
      try channel.writeInbound(HTTPServerRequestPart.end(nil))
    }
    for _ in 0 ..< 2 {
      channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
      channel.write(HTTPResponsePart.end(nil), promise: nil)
    }
    channel.flush()
    let sent = try #require(try channel.readOutbound(as: ByteBuffer.self))
    #expect(
      String(buffer: sent)
        == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
    )
  }

  /// A value that a callback changes, on the one thread of the test.
  private final class Recorder {
    var value = false
  }
}
