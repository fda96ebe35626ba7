import GRPCCore
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Trailers block")
struct TrailersBlockTests {
  @available(GRPCWeb 1.0, *)
  private static func encode(
    _ code: Status.Code,
    _ message: String = "",
    _ metadata: Metadata = [:]
  ) -> (frame: ByteBuffer, rejected: [String]) {
    var rejected: [String] = []
    let frame = TrailersBlock.encodeFrame(
      status: Status(code: code, message: message),
      metadata: metadata
    ) {
      rejected.append($0)
    }
    return (frame, rejected)
  }

  @Test("Requirement 11: the status is always there, also when it is 0")
  @available(GRPCWeb 1.0, *)
  func success() {
    let (frame, rejected) = Self.encode(.ok)
    #expect(
      frame.bytes == [
        0x80, 0x00, 0x00, 0x00, 0x10,
        0x67, 0x72, 0x70, 0x63, 0x2d, 0x73, 0x74, 0x61, 0x74, 0x75, 0x73, 0x3a, 0x20, 0x30,
        0x0d, 0x0a,
      ]
    )
    #expect(rejected == [])
  }

  @Test("Requirement 11: a message only where there is one")
  @available(GRPCWeb 1.0, *)
  func message() {
    #expect(Self.encode(.aborted).frame.bytes == Fixture.trailers("grpc-status: 10"))
    #expect(
      Self.encode(.aborted, "test aborting").frame.bytes
        == Fixture.trailers("grpc-status: 10", "grpc-message: test aborting")
    )
  }

  @Test("Requirement 12: the message is percent-encoded, so that it can't end its line")
  @available(GRPCWeb 1.0, *)
  func encodedMessage() {
    #expect(
      Self.encode(.unknown, "a\r\ngrpc-status: 0\u{e4}").frame.bytes
        == Fixture.trailers("grpc-status: 2", "grpc-message: a%0D%0Agrpc-status: 0%C3%A4")
    )
  }

  @Test("Requirement 11: lower-case names, a repeated key as repeated lines, in order")
  @available(GRPCWeb 1.0, *)
  func metadata() {
    var metadata: Metadata = ["X-Upper": "Value", "x-two": "1", "x-other": "", "x-two": "2, 3"]
    metadata.addBinary([0xfb, 0xef, 0xff, 0x00], forKey: "x-data-bin")
    let (frame, rejected) = Self.encode(.ok, "", metadata)
    #expect(
      frame.bytes
        == Fixture.trailers(
          "grpc-status: 0",
          "x-upper: Value",
          "x-two: 1",
          "x-other: ",
          "x-two: 2, 3",
          "x-data-bin: ++//AA"
        )
    )
    #expect(rejected == [])
  }

  @Test("Requirement 16: error details and retry push-back reach the peer")
  @available(GRPCWeb 1.0, *)
  func details() {
    var metadata: Metadata = ["grpc-retry-pushback-ms": "100"]
    metadata.addBinary([8, 10], forKey: "grpc-status-details-bin")
    let (frame, rejected) = Self.encode(.aborted, "", metadata)
    #expect(
      frame.bytes
        == Fixture.trailers(
          "grpc-status: 10",
          "grpc-retry-pushback-ms: 100",
          "grpc-status-details-bin: CAo"
        )
    )
    #expect(rejected == [])
  }

  @Test(
    "Values that could be taken for the end of a line aren't sent, but reported",
    arguments: ["a\r\nx-evil: 1", "a\nb", "a\rb", "\r\n", "a\u{0}b", "\u{1f}", "\u{7f}"]
  )
  @available(GRPCWeb 1.0, *)
  func injectedValue(value: String) {
    let metadata: Metadata = ["x-good": "1", "x-bad": .string(value), "x-last": "2"]
    let (frame, rejected) = Self.encode(.ok, "", metadata)
    #expect(frame.bytes == Fixture.trailers("grpc-status: 0", "x-good: 1", "x-last: 2"))
    #expect(rejected == ["x-bad"])
  }

  @Test(
    "Keys that are no names aren't sent, but reported",
    arguments: ["", "x\r\ny", "x: y", "x y", "x\u{e4}", "x\u{0}", ":path", "x/y", "\u{1f600}"]
  )
  @available(GRPCWeb 1.0, *)
  func injectedKey(key: String) {
    let (frame, rejected) = Self.encode(.ok, "", [key: "1"])
    #expect(frame.bytes == Fixture.trailers("grpc-status: 0"))
    #expect(rejected == [key])
  }

  @Test(
    "Keys that are gRPC's or HTTP's own aren't sent, but reported",
    arguments: [
      "grpc-status", "Grpc-Status", "grpc-message", "grpc-encoding", "grpc-anything",
      "content-type", "Content-Length", "transfer-encoding", "connection", "trailer",
      "access-control-allow-origin",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func reservedKey(key: String) {
    let (frame, rejected) = Self.encode(.ok, "", [key: "1"])
    #expect(frame.bytes == Fixture.trailers("grpc-status: 0"))
    #expect(rejected == [key.lowercased()])
  }

  @Test("Text beyond ASCII and tabs are sent as they are")
  @available(GRPCWeb 1.0, *)
  func textValues() {
    let (frame, rejected) = Self.encode(.ok, "", ["x-a": "\u{e4}\u{20ac}", "x-b": "1\t2"])
    #expect(
      frame.bytes == Fixture.trailers("grpc-status: 0", "x-a: \u{e4}\u{20ac}", "x-b: 1\t2")
    )
    #expect(rejected == [])
  }

  @Test("Requirement 4: the length counts large blocks, too")
  @available(GRPCWeb 1.0, *)
  func largeBlock() {
    let value = String(repeating: "v", count: 70_000)
    let (frame, _) = Self.encode(.ok, "", ["x-key": .string(value)])
    #expect(frame.bytes == Fixture.trailers("grpc-status: 0", "x-key: \(value)"))
  }

  @Test("Requirement 8: a name keeps the characters that only look like letters of ASCII")
  @available(GRPCWeb 1.0, *)
  func lookalikeName() throws {
    let block = ByteBuffer(string: "GRPC-Status: 0\r\nX-Key: 1\r\nx-\u{212a}ey: 2\r\n")
    let (status, metadata) = try TrailersBlock.decode(block)
    #expect(status?.code == .ok)
    #expect(Array(metadata[stringValues: "x-key"]) == ["1"])
    #expect(metadata.count == 2)
  }

  // Decoding

  @Test("What Python shows of bytes is read as those, as Sonora for Python's ASGI server sends it")
  @available(GRPCWeb 1.0, *)
  func pythonBytes() throws {
    let block = #"""
      b'grpc-status': b'5'
      b'Grpc-Message': b"it's%20\x67one"
      b'x-a': 1
      x-b: b'2'
      b'x-data-bin': b'AQI='
      """#
    let (status, metadata) = try TrailersBlock.decode(ByteBuffer(string: block))
    #expect(status == Status(code: .notFound, message: "it's gone"))
    var expected: Metadata = ["x-a": "1", "x-b": "b'2'"]
    expected.addBinary([1, 2], forKey: "x-data-bin")
    #expect(metadata == expected)
  }

  @Test(
    "Literals of bytes",
    arguments: [
      ("b''", ""), (#"b"""#, ""), (#"b'\\ \' \" \n\r\t'"#, "\\ ' \" \n\r\t"),
      (#"b'\xc3\xa4'"#, "\u{e4}"),
      ("b'", nil), ("'x'", nil), ("bx", nil), (#"b'x""#, nil), (#"b'\xz1'"#, nil),
      (#"b'\x+1'"#, nil), ("", nil),
      (#"b'\x4'"#, "\u{4}"),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func pythonLiteral(literal: String, text: String?) {
    #expect(PythonBytes.text(of: literal) == text)
  }

  @Test("Requirement 35: repeated equal statuses are one, different ones an error")
  @available(GRPCWeb 1.0, *)
  func repeatedStatus() throws {
    let equal = ByteBuffer(string: "grpc-status: 5\r\ngrpc-status:5\r\n")
    #expect(try TrailersBlock.decode(equal).0?.code == .notFound)
    let different = ByteBuffer(string: "grpc-status: 0\r\ngrpc-status: 5\r\n")
    #expect(try TrailersBlock.decode(different).0?.code == .unknown)
  }

  @Test("An error shows the line that can't be read, on one line and not all of a long one")
  @available(GRPCWeb 1.0, *)
  func unreadableLine() {
    let long = String(repeating: "x", count: 10_000)
    for line in ["nonsense", "a\u{2028}b", long, "x-bin: ?!"] {
      let error = #expect(throws: RPCError.self) {
        try TrailersBlock.decode(ByteBuffer(string: "grpc-status: 0\r\n\(line)\r\n"))
      }
      #expect(error?.code == .internalError)
      #expect(error?.message.contains(line.prefix(1)) == true)
      #expect(error?.message.contains(where: \.isNewline) == false)
      #expect(error.map { $0.message.count < 300 } == true)
    }
  }
}
