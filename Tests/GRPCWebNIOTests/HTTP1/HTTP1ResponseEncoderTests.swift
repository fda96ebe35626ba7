import HTTPTypes
import NIOCore
import NIOHTTP1
import Testing

@testable import GRPCWebNIO

/// The bytes of responses, without I/O.
@Suite
struct HTTP1ResponseEncoderTests {
  /// Writes a whole response.
  private func encode(
    _ head: HTTPResponse,
    version: HTTPVersion = .http1_1,
    body: [String] = [],
    trailers: HTTPFields? = nil
  ) -> String {
    var encoder = HTTP1ResponseEncoder()
    var buffer = ByteBuffer()
    encoder.write(head, forRequestOf: version, into: &buffer)
    for part in body {
      encoder.writeChunkStart(ofSize: part.utf8.count, into: &buffer)
      buffer.writeString(part)
      encoder.writeChunkEnd(into: &buffer)
    }
    encoder.writeEnd(trailers, into: &buffer)
    return String(buffer: buffer)
  }

  @Test("A body whose length is known is written as it is")
  func length() {
    let head = HTTPResponse(
      status: .ok,
      headerFields: [.contentType: "text/plain", .contentLength: "4"]
    )
    #expect(
      self.encode(head, body: ["ab", "cd"])
        == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nabcd"
    )
  }

  @Test("A body of unknown length is written in chunks, their sizes in hexadecimal")
  func chunks() {
    let long = String(repeating: "x", count: 26)
    #expect(
      self.encode(HTTPResponse(status: .ok), body: ["ab", long])
        == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1a\r\n\(long)\r\n0\r\n\r\n"
    )
  }

  @Test("Trailers follow the last chunk, and are left out where there are no chunks")
  func trailers() {
    let trailers: HTTPFields = [.eTag: "1"]
    #expect(
      self.encode(HTTPResponse(status: .ok), trailers: trailers)
        == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nETag: 1\r\n\r\n"
    )
    let head = HTTPResponse(status: .ok, headerFields: [.contentLength: "0"])
    #expect(
      self.encode(head, trailers: trailers) == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    )
  }

  @Test("To a client of HTTP/1.0 the end of the body is that of the connection")
  func oldClient() {
    #expect(
      self.encode(HTTPResponse(status: .ok), version: .http1_0, body: ["ab", "cd"])
        == "HTTP/1.1 200 OK\r\n\r\nabcd"
    )
    let head = HTTPResponse(status: .ok, headerFields: [.contentLength: "2"])
    #expect(
      self.encode(head, version: .http1_0, body: ["ab"])
        == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"
    )
  }

  @Test("Some statuses have no body", arguments: [HTTPResponse.Status.noContent, .notModified])
  func noBody(status: HTTPResponse.Status) {
    #expect(
      self.encode(HTTPResponse(status: status))
        == "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n\r\n"
    )
  }

  @Test("An informational head doesn't decide on the body of the response behind it")
  func informational() {
    var encoder = HTTP1ResponseEncoder()
    var buffer = ByteBuffer()
    encoder.write(HTTPResponse(status: .continue), forRequestOf: .http1_1, into: &buffer)
    #expect(String(buffer: buffer) == "HTTP/1.1 100 Continue\r\n\r\n")
    encoder.write(HTTPResponse(status: .ok), forRequestOf: .http1_1, into: &buffer)
    #expect(encoder.framing == .chunks)
  }

  @Test("A value can't end its line")
  func lineEnds() {
    let field = HTTPField(name: .eTag, value: "a\r\nset-cookie: b\0")
    let fields = HTTPFields([field])
    let text = self.encode(HTTPResponse(status: .notModified, headerFields: fields))
    #expect(text == "HTTP/1.1 304 Not Modified\r\nETag: a  set-cookie: b\r\n\r\n")
  }
}
