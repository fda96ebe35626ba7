import FlyingFox
import FlyingSocks
import Foundation
import HTTPTypes
import NIOCore
import Testing

@testable import GRPCWeb
@testable import GRPCWebFlyingFox

@Suite(.timeLimit(.minutes(1)))
struct ResponseBodyTests {
  @available(GRPCWeb 1.0, *)
  private static func response(_ parts: [String], length: Int?) -> GRPCWebResponse {
    var head = HTTPResponse(status: .ok)
    head.headerFields[.contentLength] = length.map { "\($0)" }
    return GRPCWebResponse(head: head, body: .complete(parts.map { ByteBuffer(string: $0) }))
  }

  /// What FlyingFox would send.
  @available(GRPCWeb 1.0, *)
  private static func parts(
    _ response: GRPCWebResponse,
    after request: RequestBody
  ) async throws -> [String] {
    var parts: [String] = []
    for try await part in ResponseBody.sequence(of: response, after: request) {
      parts.append(String(decoding: part, as: UTF8.self))
    }
    return parts
  }

  @Test("A part of no bytes, which would end the response, isn't handed out")
  @available(GRPCWeb 1.0, *)
  func emptyParts() async throws {
    let request = RequestBody(HTTPBodySequence())
    try await request.drain()
    let whole = Self.response(["", "ab", "", "c", ""], length: 3)
    #expect(try await Self.parts(whole, after: request) == ["ab", "c"])
    let chunked = Self.response(["", "ab", "", "c", ""], length: nil)
    let expected = ["02\r\nab\r\n", "01\r\nc\r\n", "0\r\n\r\n"]
    #expect(try await Self.parts(chunked, after: request) == expected)
  }

  @Test("A response with a length is followed by reading what is left of the request")
  @available(GRPCWeb 1.0, *)
  func drain() async throws {
    let request = RequestBody(HTTPBodySequence(data: Data(repeating: 1, count: 100_000)))
    #expect(!request.isAtEnd)
    #expect(try await Self.parts(Self.response(["ab"], length: 2), after: request) == ["ab"])
    #expect(request.isAtEnd)
  }

  @Test("A response in chunks that is over before the request is ended, and then the connection")
  @available(GRPCWeb 1.0, *)
  func earlyEnd() async throws {
    let request = RequestBody(HTTPBodySequence(data: Data(repeating: 1, count: 100_000)))
    let body = ResponseBody.sequence(of: Self.response(["ab"], length: nil), after: request)
    var iterator = body.makeAsyncIterator()
    #expect(try await iterator.next() == Data("02\r\nab\r\n".utf8))
    #expect(try await iterator.next() == Data("00\r\n\r\n".utf8))
    await #expect(throws: SocketError.self) {
      try await iterator.next()
    }
    #expect(request.isAtEnd)
  }
}
