import Foundation
import GRPCCore
import GRPCWebHummingbird
import GRPCWebTestSupport
import Hummingbird
import NIOCore
import SwiftProtobuf
import Testing

@testable import GRPCWeb

/// Whatever a client sends, it gets a status, and the next request is served.
@Suite(.timeLimit(.minutes(3)))
struct GRPCWebMiddlewareBadInputTests {
  private static let text = "application/grpc-web-text"

  /// Sends a bad request, checks its status, and makes a good call on the same connection.
  @available(GRPCWeb 1.0, *)
  private static func expect(
    _ code: Status.Code,
    for request: RawRequest,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> TestAnswer {
    var answers: [TestAnswer] = []
    try await TestApp.run { app in
      let connection = try await app.connect()
      for framing in [request.framing, .chunked(1)] {
        let answer = try await connection.answer(request.framed(framing))
        #expect(answer.httpStatus == 200, sourceLocation: sourceLocation)
        #expect(answer.status == code.rawValue, sourceLocation: sourceLocation)
        #expect(answer.frames.isEmpty, sourceLocation: sourceLocation)
        answers.append(answer)
        try await app.expectGoodCall(on: connection, sourceLocation: sourceLocation)
      }
    }
    return try #require(answers.first)
  }

  // Frames

  @Test(
    "Requirement 6: a body that ends inside a frame is an error",
    arguments: ["Get", "Collect"],
    [1, 4, 5, 8]
  )
  @available(GRPCWeb 1.0, *)
  func truncatedFrame(method: String, length: Int) async throws {
    let frame = try TestFrame(EchoMessage.with { $0.text = "hello" })
    let body = Array(frame.bytes.prefix(length))
    _ = try await Self.expect(.internalError, for: .call(method, body: body))
  }

  @Test("Requirement 4: unknown flags are an error", arguments: [0x02, 0x40, 0x80, 0x81, 0xff])
  @available(GRPCWeb 1.0, *)
  func wrongFlags(flags: UInt8) async throws {
    let frame = TestFrame(flags: flags, payload: [0x0a, 0x01, 0x61])
    _ = try await Self.expect(.internalError, for: .call(body: frame.bytes))
  }

  @Test("Requirement 19: a length over the limit is refused")
  @available(GRPCWeb 1.0, *)
  func lengthOverLimit() async throws {
    try await TestApp.run(
      configuration: .defaults { $0.limits.maximumRequestMessageSize = 1000 }
    ) { app in
      let connection = try await app.connect()
      let largest = try RawRequest.call(texts: [String(repeating: "x", count: 997)])
      #expect(try await connection.answer(largest).status == 0)
      let tooLarge = try RawRequest.call(texts: [String(repeating: "x", count: 998)])
      let answer = try await connection.answer(tooLarge)
      #expect(answer.status == Status.Code.resourceExhausted.rawValue)
      try await app.expectGoodCall(on: connection)
    }
  }

  @Test("Requirement 19: a length of 4 GiB is refused at once, while the body is still open")
  @available(GRPCWeb 1.0, *)
  func lengthOf4GiB() async throws {
    try await TestApp.run { app in
      let connection = try await app.connect()
      let header = TestFrame.header(length: .max)
      try await connection.send(RawRequest.call(body: header).framed(.unfinished))
      let answer = try await connection.readResponse()
      #expect(answer.status == Status.Code.resourceExhausted.rawValue)

      try await connection.send(RawRequest.chunk(Array(repeating: 0, count: 100_000)))
      try await connection.send(RawRequest.lastChunk)
      try await app.expectGoodCall(on: connection)
    }
  }

  @Test("Requirement 6: a second message on a unary call is refused", arguments: ["Get", "Expand"])
  @available(GRPCWeb 1.0, *)
  func secondMessage(method: String) async throws {
    _ = try await Self.expect(.unimplemented, for: .call(method, texts: ["a", "b"]))
  }

  @Test("Requirement 6: no message on a unary call is refused", arguments: ["Get", "Expand"])
  @available(GRPCWeb 1.0, *)
  func noMessage(method: String) async throws {
    _ = try await Self.expect(.unimplemented, for: .call(method, body: []))
  }

  @Test("Requirement 4: a message of no bytes is a message")
  @available(GRPCWeb 1.0, *)
  func emptyMessage() async throws {
    try await TestApp.run { app in
      let answer = try await app.answer(.call(body: [0, 0, 0, 0, 0]))
      #expect(answer.status == 0)
      #expect(try answer.texts == [""])
    }
  }

  @Test("Invalid UTF-8 in a string field fails the call")
  @available(GRPCWeb 1.0, *)
  func invalidUTF8() async throws {
    let frame = TestFrame(payload: [0x0a, 0x02, 0xc3, 0x28])
    _ = try await Self.expect(.invalidArgument, for: .call(body: frame.bytes))
  }

  // Text

  @Test(
    "Requirement 17: base64 that isn't is an error",
    arguments: ["????", "AAAA====", "A===", "AAAAAAN!", "AAAAAAMK\nAWE="]
  )
  @available(GRPCWeb 1.0, *)
  func notBase64(body: String) async throws {
    _ = try await Self.expect(
      .internalError,
      for: .call(contentType: Self.text, body: Array(body.utf8))
    )
  }

  @Test("Requirement 17: a remainder at the end of base64 is an error")
  @available(GRPCWeb 1.0, *)
  func danglingBase64() async throws {
    let frame = try TestFrame(EchoMessage.with { $0.text = "a" })
    let body = TestBase64.encode(frame.bytes)
    for length in 1 ... 3 {
      let cut = Array(body.utf8.dropLast(length))
      _ = try await Self.expect(.internalError, for: .call(contentType: Self.text, body: cut))
    }
  }

  // Compression

  @Test("Requirement 18: an unknown encoding is refused, with those that are known")
  @available(GRPCWeb 1.0, *)
  func unknownEncoding() async throws {
    let answer = try await Self.expect(
      .unimplemented,
      for: .call(fields: [("grpc-encoding", "br")], texts: ["hello"])
    )
    #expect(answer.header("grpc-accept-encoding") == ["identity,gzip,deflate"])
  }

  @Test("Requirement 18: a compressed message without an encoding is an error")
  @available(GRPCWeb 1.0, *)
  func noEncoding() async throws {
    let frame = TestFrame(flags: 1, payload: [1, 2, 3])
    _ = try await Self.expect(.internalError, for: .call(body: frame.bytes))
  }

  @Test("Compressed garbage is an error", arguments: ["gzip", "deflate"])
  @available(GRPCWeb 1.0, *)
  func compressedGarbage(encoding: String) async throws {
    let frame = TestFrame(flags: 1, payload: (0 ..< 100).map { $0 })
    _ = try await Self.expect(
      .internalError,
      for: .call(fields: [("grpc-encoding", encoding)], body: frame.bytes)
    )
  }

  @Test("A compressed message that is cut is an error")
  @available(GRPCWeb 1.0, *)
  func compressedAndCut() async throws {
    var compressed = ByteBuffer()
    try Deflater(format: .gzip)
      .deflate(ByteBuffer(repeating: 0, count: 1000), into: &compressed)
    let payload = Array(compressed.readableBytesView.dropLast(9))
    _ = try await Self.expect(
      .internalError,
      for: .call(
        fields: [("grpc-encoding", "gzip")],
        body: TestFrame(flags: 1, payload: payload).bytes
      )
    )
  }

  @Test("Requirement 19: a decompression bomb costs no more memory than the limit")
  @available(GRPCWeb 1.0, *)
  func decompressionBomb() async throws {
    let bomb = Self.bomb(size: 4 * 1024 * 1024)
    // It is one: more comes out of each piece than a hundred times what went in.
    try await TestApp.run { app in
      let connection = try await app.connect()
      let before = Self.peakMemory()
      let answer = try await connection.answer(
        .call(
          fields: [("grpc-encoding", "gzip")],
          body: TestFrame(flags: 1, payload: bomb).bytes
        )
      )
      #expect(answer.status == Status.Code.resourceExhausted.rawValue)
      if let before = before, let after = Self.peakMemory() {
        #expect(after - before < 300 * 1024 * 1024)
      }
      try await app.expectGoodCall(on: connection)
    }
  }

  @Test("The bomb of these tests inflates to more than 150 times its size")
  @available(GRPCWeb 1.0, *)
  func bombIsOne() throws {
    let bomb = ByteBuffer(bytes: Self.bomb(size: 64 * 1024))
    var inflated = ByteBuffer()
    // It has no end, so that it can only be truncated.
    let error = #expect(throws: RPCError.self) {
      try Inflater(format: .gzip).inflate(bomb, limit: 100 * 1024 * 1024, into: &inflated)
    }
    #expect(error?.code == .internalError)
    #expect(inflated.readableBytes > 150 * 64 * 1024)
  }

  /// The start of a gzip stream of zeros: after the header a block of fixed codes, a zero, and then
  /// as many "repeat the last byte 258 times" as fit, 13 bits each.
  private static func bomb(size: Int) -> [UInt8] {
    var bytes: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    var bits: [Bool] = [true, true, false]
    bits += [false, false, true, true, false, false, false, false]
    let repetition: [Bool] = [
      true, true, false, false, false, true, false, true, false, false, false, false, false,
    ]
    // So many bits, then all repeats after 13 bytes.
    while bits.count < 8 * 13 + 16 {
      bits += repetition
    }
    let packed = stride(from: 0, to: bits.count / 8 * 8, by: 8).map { start in
      (0 ..< 8).reduce(UInt8(0)) { bits[start + $1] ? $0 | 1 << $1 : $0 }
    }
    bytes += packed.prefix(2)
    let period = Array(packed[2 ..< 15])
    bytes.reserveCapacity(size)
    while bytes.count + period.count <= size {
      bytes += period
    }
    return bytes
  }

  /// The most memory that the process ever had, in bytes, where that is known.
  private static func peakMemory() -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
      return nil
    }
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }

  // Heads

  @Test("A header of 100 KiB is refused by HTTP, and the connection closed")
  @available(GRPCWeb 1.0, *)
  func largeHeader() async throws {
    try await TestApp.run { app in
      let connection = try await app.connect()
      let value = String(repeating: "x", count: 100 * 1024)
      let answer = try await connection.answer(
        try .call(fields: [("x-large", value)], texts: ["hello"])
      )
      #expect((400 ..< 500).contains(answer.httpStatus))
      try await eventually("the connection is closed") { connection.isClosedByServer }
      try await app.expectGoodCall()
    }
  }

  @Test("A header of 50 KiB is metadata")
  @available(GRPCWeb 1.0, *)
  func acceptableHeader() async throws {
    try await TestApp.run { app in
      let value = String(repeating: "x", count: 50 * 1024)
      let answer = try await app.answer(
        try .call(fields: [("x-large", value)], texts: ["hello"])
      )
      #expect(answer.status == 0)
    }
  }

  @Test("Requirement 2: an unknown format is refused by HTTP")
  @available(GRPCWeb 1.0, *)
  func unknownFormat() async throws {
    try await TestApp.run { app in
      let connection = try await app.connect()
      for type in ["application/grpc-web+thrift", "application/grpc-web-text+json"] {
        let answer = try await connection.answer(try .call(contentType: type, texts: ["hello"]))
        #expect(answer.httpStatus == 415)
        try await app.expectGoodCall(on: connection)
      }
    }
  }

  @Test(
    "Requirement 7: a timeout that isn't one is refused",
    arguments: ["123456789S", "S", "10", "1.5S", "-1S", "10s", "1 S", "٣S"]
  )
  @available(GRPCWeb 1.0, *)
  func wrongTimeout(timeout: String) async throws {
    _ = try await Self.expect(
      .invalidArgument,
      for: .call(fields: [("grpc-timeout", timeout)], texts: ["hello"])
    )
  }

  @Test(
    "Requirement 8: binary metadata that isn't base64 fails the call",
    arguments: ["?", "A", "AA=A"]
  )
  @available(GRPCWeb 1.0, *)
  func undecodableMetadata(value: String) async throws {
    _ = try await Self.expect(
      .invalidArgument,
      for: .call(fields: [("x-raw-bin", value)], texts: ["hello"])
    )
  }

  @Test("A header that isn't UTF-8 does no harm")
  @available(GRPCWeb 1.0, *)
  func headerBytes() async throws {
    try await TestApp.run { app in
      let connection = try await app.connect()
      let head = """
        POST /sonora.test.Echo/Get HTTP/1.1\r
        host: localhost\r
        content-type: application/grpc-web\r
        content-length: 5\r
        x-bytes:\u{20}
        """
      try await connection.send(
        Array(head.utf8) + [0xc3, 0x28, 0xff] + Array("\r\n\r\n".utf8) + [0, 0, 0, 0, 0]
      )
      #expect(try await connection.readResponse().status == 0)
      try await app.expectGoodCall(on: connection)
    }
  }

  // Connections

  @Test("Requirement 6: a client that closes inside a frame gets no answer but an error")
  @available(GRPCWeb 1.0, *)
  func closedInsideFrame() async throws {
    let called = Gate()
    let service = ScriptedService(
      onGet: { request, _ in
        called.open()
        return ServerResponse(message: request.message)
      }
    )
    try await TestApp.run(service) { app in
      let frame = try TestFrame(EchoMessage.with { $0.text = "hello" })
      for framing in [.falseLength(100), .unfinished] as [RawRequest.Framing] {
        for length in [3, 7, frame.bytes.count] {
          let request = RawRequest.call(body: Array(frame.bytes.prefix(length))).framed(framing)

          let closed = try await app.connect()
          try await closed.send(request)
          await closed.close()

          let halfClosed = try await app.connect()
          try await halfClosed.send(request)
          try await halfClosed.closeOutput()
          let answer = try await halfClosed.readResponse()
          #expect(answer.status == Status.Code.unavailable.rawValue)
          #expect(!called.isOpen)
        }
      }
      try await app.expectGoodCall()
    }
  }

  @Test("Bytes that aren't HTTP get an answer of HTTP's own")
  @available(GRPCWeb 1.0, *)
  func notHTTP() async throws {
    try await TestApp.run { app in
      let connection = try await app.connect()
      try await connection.send("\u{0}\u{1}\u{2} nonsense\r\n\r\n")
      #expect(try await connection.readResponse().httpStatus == 400)
      try await eventually("the connection is closed") { connection.isClosedByServer }
      try await app.expectGoodCall()
    }
  }
}
