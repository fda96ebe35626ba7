import FlyingFox
import FlyingSocks
import Foundation
import NIOCore
import Testing

@testable import GRPCWebFlyingFox

@Suite(.timeLimit(.minutes(1)))
struct ResponseBodyTests {
  @available(GRPCWeb 1.0, *)
  private static func sequence(
    of parts: [String],
    length: Int?,
    after request: RequestBody
  ) -> HTTPBodySequence {
    ResponseBody.sequence(
      of: .complete(parts.map { ByteBuffer(string: $0) }),
      length: length,
      after: request
    )
  }

  /// What FlyingFox would send.
  @available(GRPCWeb 1.0, *)
  private static func sent(_ body: HTTPBodySequence) async throws -> [String] {
    try await body.reduce(into: []) { $0.append(String(decoding: $1, as: UTF8.self)) }
  }

  @Test("A part of no bytes, which would end the response, isn't handed out")
  @available(GRPCWeb 1.0, *)
  func emptyParts() async throws {
    let request = RequestBody(HTTPBodySequence())
    try await request.drain()
    let parts = ["", "ab", "", "c", ""]
    let whole = Self.sequence(of: parts, length: 3, after: request)
    #expect(try await Self.sent(whole) == ["ab", "c"])
    let chunked = Self.sequence(of: parts, length: nil, after: request)
    let expected = ["02\r\nab\r\n", "01\r\nc\r\n", "0\r\n\r\n"]
    #expect(try await Self.sent(chunked) == expected)
  }

  @Test("A response with a length is followed by reading what is left of the request")
  @available(GRPCWeb 1.0, *)
  func drain() async throws {
    let request = RequestBody(HTTPBodySequence(data: Data(repeating: 1, count: 100_000)))
    #expect(!request.isAtEnd)
    let body = Self.sequence(of: ["ab"], length: 2, after: request)
    #expect(try await Self.sent(body) == ["ab"])
    #expect(request.isAtEnd)
  }

  @Test("A response in chunks that is over before the request is ended, and then the connection")
  @available(GRPCWeb 1.0, *)
  func earlyEnd() async throws {
    let request = RequestBody(HTTPBodySequence(data: Data(repeating: 1, count: 100_000)))
    let body = Self.sequence(of: ["ab"], length: nil, after: request)
    var iterator = body.makeAsyncIterator()
    #expect(try await iterator.next() == Data("02\r\nab\r\n".utf8))
    #expect(try await iterator.next() == Data("00\r\n\r\n".utf8))
    await #expect(throws: SocketError.self) {
      try await iterator.next()
    }
    #expect(request.isAtEnd)
  }
}
