import GRPCCore
import HTTPTypes
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Server exchange")
struct ServerExchangeTests {
  @available(GRPCWeb 1.0, *)
  private static func exchange(
    _ type: MethodDescriptor.RPCType? = .unary,
    fields: HTTPFields = [:],
    configure: (inout GRPCWebServerConfiguration) -> Void = { _ in }
  ) -> ServerExchange {
    let configuration = GRPCWebServerConfiguration.defaults(configure)
    let call = GRPCWebCallHead.test(type, fields: fields, configuration: configuration)
    return ServerExchange(call: call, configuration: configuration)
  }

  @available(GRPCWeb 1.0, *)
  private static func error(_ body: () throws -> Void) -> RPCError? {
    #expect(throws: RPCError.self) { try body() }
  }

  @available(GRPCWeb 1.0, *)
  private static var success: RPCResponsePart<GRPCWebMessage> {
    .status(Status(code: .ok, message: ""), [:])
  }

  @Test("A call from its request to the end of its response")
  @available(GRPCWeb 1.0, *)
  func call() throws {
    var exchange = Self.exchange()
    #expect(try exchange.nextRequestEvent() == .needsBytes)
    exchange.receive(ByteBuffer(bytes: Fixture.frame([1])))
    exchange.receiveEnd()
    #expect(try exchange.nextRequestEvent() == .message(GRPCWebMessage([1])))
    #expect(try exchange.nextRequestEvent() == .end)

    try exchange.write(.metadata([:]))
    try exchange.write(.message(GRPCWebMessage([2])))
    #expect(!exchange.hasOutput)
    #expect(exchange.status == nil)
    try exchange.write(Self.success)
    #expect(exchange.status?.code == .ok)
    #expect(exchange.hasOutput)
    #expect(!exchange.isDrained)

    let output = try exchange.requireOutput()
    #expect(output.bytes == Fixture.frame([2]) + Fixture.trailers("grpc-status: 0"))
    #expect(output.isEnd)
    #expect(exchange.isDrained)
    #expect(exchange.takeOutput() == nil)
  }

  @Test("A response may end before the request has")
  @available(GRPCWeb 1.0, *)
  func earlyEnd() throws {
    var exchange = Self.exchange(.bidirectionalStreaming)
    exchange.receive(ByteBuffer(bytes: Fixture.frame([1])))
    try exchange.write(Self.success)
    #expect(exchange.takeOutput()?.isEnd == true)
    #expect(Self.error { _ = try exchange.nextRequestEvent() } != nil)
    #expect(exchange.status?.code == .ok)
  }

  @Test("A method whose type isn't known takes any number of messages, and is answered with any")
  @available(GRPCWeb 1.0, *)
  func unknownType() throws {
    var exchange = Self.exchange(nil)
    exchange.receive(ByteBuffer(bytes: Fixture.frame([1]) + Fixture.frame([2])))
    #expect(try exchange.nextRequestEvent() == .message(GRPCWebMessage([1])))
    #expect(try exchange.nextRequestEvent() == .message(GRPCWebMessage([2])))
    try exchange.write(.message(GRPCWebMessage([3])))
    try exchange.write(.message(GRPCWebMessage([4])))
    #expect(exchange.takeOutput()?.bytes == Fixture.frame([3]) + Fixture.frame([4]))
  }

  @Test(
    "A call that failed by its head has its whole response at once",
    arguments: [
      (HTTPField.Name.grpcTimeout, "nonsense", Status.Code.invalidArgument),
      (.grpcTimeout, "0S", .deadlineExceeded),
      (.grpcEncoding, "br", .unimplemented),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func failedHead(name: HTTPField.Name, value: String, code: Status.Code) throws {
    for type in MethodDescriptor.RPCType.allCases {
      var exchange = Self.exchange(type, fields: [name: value])
      #expect(exchange.status?.code == code)
      #expect(exchange.hasOutput)
      let output = try exchange.requireOutput()
      #expect(output.head?.status == .ok)
      #expect(output.fields[.grpcStatus] == String(code.rawValue))
      #expect(output.isEnd)
    }
  }

  // Failures

  @Test("Whatever fails first decides the status")
  @available(GRPCWeb 1.0, *)
  func firstFailureWins() throws {
    var exchange = Self.exchange()
    exchange.fail(.deadlineExceeded)
    exchange.fail(.peerGone)
    exchange.fail(RPCError(code: .internalError, message: ""))
    #expect(exchange.status?.code == .deadlineExceeded)

    let output = try exchange.requireOutput()
    #expect(output.fields[.grpcStatus] == "4")
    #expect(output.isEnd)
    exchange.fail(.shuttingDown)
    #expect(exchange.takeOutput() == nil)
    #expect(exchange.isDrained)
  }

  @Test("A failure after the end changes nothing, taken or not")
  @available(GRPCWeb 1.0, *)
  func failureAfterTheEnd() throws {
    for isTaken in [true, false] {
      var exchange = Self.exchange()
      try exchange.write(.message(GRPCWebMessage([])))
      try exchange.write(Self.success)
      if isTaken {
        #expect(exchange.takeOutput()?.isEnd == true)
      }
      exchange.fail(.deadlineExceeded)
      #expect(exchange.status?.code == .ok)
      if isTaken {
        #expect(exchange.takeOutput() == nil)
      } else {
        let output = try exchange.requireOutput()
        #expect(output.bytes == [0, 0, 0, 0, 0] + Fixture.trailers("grpc-status: 0"))
      }
    }
  }

  @Test("Requirement 7: a deadline that passes ends a stream after what was written")
  @available(GRPCWeb 1.0, *)
  func deadline() throws {
    var exchange = Self.exchange(.serverStreaming)
    try exchange.write(.metadata([:]))
    try exchange.write(.message(GRPCWebMessage([1])))
    exchange.fail(.deadlineExceeded)

    let output = try exchange.requireOutput()
    let trailers = Fixture.trailers(
      "grpc-status: 4",
      "grpc-message: \(RPCError.deadlineExceeded.message)"
    )
    #expect(output.fields[.grpcStatus] == nil)
    #expect(output.bytes == Fixture.frame([1]) + trailers)
    #expect(output.isEnd)
  }

  @Test("Requirement 7: a deadline that passes while a service waits ends the call")
  @available(GRPCWeb 1.0, *)
  func deadlineBeforeAnything() throws {
    for type in MethodDescriptor.RPCType.allCases {
      var exchange = Self.exchange(type)
      #expect(try exchange.nextRequestEvent() == .needsBytes)
      exchange.fail(.deadlineExceeded)
      let output = try exchange.requireOutput()
      #expect(output.fields[.grpcStatus] == "4")
      #expect(output.isEnd)
    }
  }

  @Test("Requirement 25: once the peer is gone, reading and writing fail")
  @available(GRPCWeb 1.0, *)
  func peerGone() {
    var exchange = Self.exchange(.bidirectionalStreaming)
    exchange.receive(ByteBuffer(bytes: Fixture.frame([1])))
    exchange.fail(.peerGone)
    #expect(Self.error { _ = try exchange.nextRequestEvent() } == .peerGone)
    #expect(Self.error { try exchange.write(.metadata([:])) } == .peerGone)
    #expect(Self.error { try exchange.write(.message(GRPCWebMessage([]))) } == .peerGone)
    #expect(Self.error { try exchange.write(Self.success) } == .peerGone)
    #expect(exchange.status?.code == .cancelled)
  }

  @Test("Requirement 16: the metadata of a thrown error reach the peer")
  @available(GRPCWeb 1.0, *)
  func errorMetadata() throws {
    var exchange = Self.exchange(.unary, fields: [.origin: "https://a.example"])
    var error = RPCError(code: .aborted, message: "no")
    error.metadata.addString("1", forKey: "x-key")
    error.metadata.addBinary([8, 10], forKey: "grpc-status-details-bin")
    exchange.fail(error)
    #expect(
      exchange.takeOutput()?.bytes
        == Fixture.trailers(
          "grpc-status: 10",
          "grpc-message: no",
          "x-key: 1",
          "grpc-status-details-bin: CAo"
        )
    )
  }

  @Test(
    "Requirement 6: a fault in the request fails the call, for reader, writer and peer alike",
    arguments: [
      (Fixture.header(flags: 2, length: 0), Status.Code.internalError),
      (Fixture.header(length: .max), .resourceExhausted),
      (Fixture.frame([1]) + Fixture.frame([2]), .unimplemented),
      ([0, 0, 0], .internalError),
      ([], .unimplemented),
    ] as [([UInt8], Status.Code)]
  )
  @available(GRPCWeb 1.0, *)
  func requestFault(body: [UInt8], code: Status.Code) throws {
    for type in [MethodDescriptor.RPCType].oneRequest {
      var exchange = Self.exchange(type)
      exchange.receive(ByteBuffer(bytes: body))
      exchange.receiveEnd()
      let error = try #require(Self.error { _ = try exchange.nextRequestEvent() })
      #expect(Status.Code(error.code) == code)
      #expect(exchange.status?.code == code)

      #expect(Self.error { _ = try exchange.nextRequestEvent() } == error)
      #expect(Self.error { try exchange.write(.message(GRPCWebMessage([]))) } == error)

      let output = try exchange.requireOutput()
      #expect(output.fields[.grpcStatus] == "\(code.rawValue)")
      #expect(output.isEnd)
    }
  }

  @Test("A fault in the request that nobody reads fails nothing")
  @available(GRPCWeb 1.0, *)
  func unreadFault() throws {
    var exchange = Self.exchange(.bidirectionalStreaming)
    exchange.receive(ByteBuffer(bytes: Fixture.header(flags: 2, length: 0)))
    try exchange.write(Self.success)
    #expect(exchange.status?.code == .ok)
  }

  @Test("A part that can't be sent fails the call")
  @available(GRPCWeb 1.0, *)
  func unsendablePart() throws {
    var exchange = Self.exchange(.serverStreaming)
    try exchange.write(.metadata([:]))
    #expect(Self.error { try exchange.write(.metadata([:])) }?.code == .internalError)
    #expect(exchange.status?.code == .internalError)
    #expect(exchange.takeOutput()?.isEnd == true)
  }

  @Test("Requirement 10: nothing follows the trailers")
  @available(GRPCWeb 1.0, *)
  func writeAfterTheEnd() throws {
    var exchange = Self.exchange(.serverStreaming)
    try exchange.write(.metadata([:]))
    try exchange.write(Self.success)
    #expect(Self.error { try exchange.write(.message(GRPCWebMessage([]))) } != nil)
    #expect(Self.error { try exchange.write(Self.success) } != nil)
    #expect(exchange.status?.code == .ok)
    #expect(exchange.takeOutput()?.bytes == Fixture.trailers("grpc-status: 0"))
    #expect(exchange.takeOutput() == nil)
  }

  // Back-pressure

  @Test("Requirement 26: a writer waits at the bound, until what it wrote was taken")
  @available(GRPCWeb 1.0, *)
  func writability() throws {
    var exchange = Self.exchange(.serverStreaming) {
      $0.limits.maximumBufferedResponseBytes = 100
    }
    #expect(exchange.isWritable)
    try exchange.write(.metadata([:]))
    // Frames of 50 bytes.
    try exchange.write(.message(GRPCWebMessage(repeating: 0, count: 45)))
    #expect(exchange.isWritable)
    try exchange.write(.message(GRPCWebMessage(repeating: 0, count: 44)))
    #expect(exchange.isWritable)
    try exchange.write(.message(GRPCWebMessage([])))
    #expect(!exchange.isWritable)

    #expect(exchange.takeOutput()?.bytes.count == 104)
    #expect(exchange.isWritable)
  }

  @Test("Requirement 26: a message larger than the bound makes its writer wait once")
  @available(GRPCWeb 1.0, *)
  func largeMessage() throws {
    var exchange = Self.exchange(.serverStreaming)
    try exchange.write(.message(GRPCWebMessage(repeating: 0, count: 1 << 20)))
    #expect(!exchange.isWritable)
    #expect(exchange.takeOutput() != nil)
    #expect(exchange.isWritable)
  }

  @Test("Nobody waits to write to a call that has ended")
  @available(GRPCWeb 1.0, *)
  func writableAtTheEnd() throws {
    var exchange = Self.exchange(.serverStreaming) {
      $0.limits.maximumBufferedResponseBytes = 1
    }
    try exchange.write(.message(GRPCWebMessage([1])))
    #expect(!exchange.isWritable)
    exchange.fail(.peerGone)
    #expect(exchange.isWritable)
  }

  @Test(
    "A response of one message leaves with its status, so that its writer can't wait before that",
    arguments: [MethodDescriptor.RPCType].oneResponse
  )
  @available(GRPCWeb 1.0, *)
  func largeSingleMessage(type: MethodDescriptor.RPCType) throws {
    var exchange = Self.exchange(type)
    try exchange.write(.metadata([:]))
    try exchange.write(.message(GRPCWebMessage(repeating: 0, count: 1 << 20)))
    #expect(!exchange.hasOutput)
    #expect(exchange.isWritable)
  }

  @Test("Keys that couldn't be sent are reported once")
  @available(GRPCWeb 1.0, *)
  func rejectedKeys() throws {
    var exchange = Self.exchange(.serverStreaming)
    try exchange.write(.metadata(["x-bad": "\n"]))
    #expect(exchange.takeRejectedKeys() == ["x-bad"])
    #expect(exchange.takeRejectedKeys() == [])
    try exchange.write(.status(Status(code: .ok, message: ""), ["grpc-status": "1"]))
    #expect(exchange.takeRejectedKeys() == ["grpc-status"])
  }
}
