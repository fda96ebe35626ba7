import GRPCCore
import HTTPTypes
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("State machine of a server's call")
struct ServerCallStateMachineTests {
  @available(GRPCWeb 1.0, *)
  private static func stateMachine(
    _ type: MethodDescriptor.RPCType? = .unary,
    fields: HTTPFields = [:],
    configure: (inout GRPCWebServer.Config) -> Void = { _ in }
  ) -> ServerCallStateMachine {
    let config = GRPCWebServer.Config.defaults(configure)
    let call = GRPCWebCallHead.test(type, fields: fields, config: config)
    return ServerCallStateMachine(call: call, config: config)
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
    var stateMachine = Self.stateMachine()
    #expect(try stateMachine.nextRequestEvent() == .needsBytes)
    stateMachine.receive(ByteBuffer(bytes: Fixture.frame([1])))
    stateMachine.receiveEnd()
    #expect(try stateMachine.nextRequestEvent() == .message(GRPCWebMessage([1])))
    #expect(try stateMachine.nextRequestEvent() == .end)

    try stateMachine.write(.metadata([:]))
    try stateMachine.write(.message(GRPCWebMessage([2])))
    #expect(!stateMachine.hasOutput)
    #expect(stateMachine.status == nil)
    try stateMachine.write(Self.success)
    #expect(stateMachine.status?.code == .ok)
    #expect(stateMachine.hasOutput)
    #expect(!stateMachine.isDrained)

    let output = try stateMachine.requireOutput()
    #expect(output.bytes == Fixture.frame([2]) + Fixture.trailers("grpc-status: 0"))
    #expect(output.isEnd)
    #expect(stateMachine.isDrained)
    #expect(stateMachine.takeOutput() == nil)
  }

  @Test("A response may end before the request has")
  @available(GRPCWeb 1.0, *)
  func earlyEnd() throws {
    var stateMachine = Self.stateMachine(.bidirectionalStreaming)
    stateMachine.receive(ByteBuffer(bytes: Fixture.frame([1])))
    try stateMachine.write(Self.success)
    #expect(stateMachine.takeOutput()?.isEnd == true)
    #expect(Self.error { _ = try stateMachine.nextRequestEvent() } != nil)
    #expect(stateMachine.status?.code == .ok)
  }

  @Test("A method whose type isn't known takes any number of messages, and is answered with any")
  @available(GRPCWeb 1.0, *)
  func unknownType() throws {
    var stateMachine = Self.stateMachine(nil)
    stateMachine.receive(ByteBuffer(bytes: Fixture.frame([1]) + Fixture.frame([2])))
    #expect(try stateMachine.nextRequestEvent() == .message(GRPCWebMessage([1])))
    #expect(try stateMachine.nextRequestEvent() == .message(GRPCWebMessage([2])))
    try stateMachine.write(.message(GRPCWebMessage([3])))
    try stateMachine.write(.message(GRPCWebMessage([4])))
    #expect(stateMachine.takeOutput()?.bytes == Fixture.frame([3]) + Fixture.frame([4]))
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
      var stateMachine = Self.stateMachine(type, fields: [name: value])
      #expect(stateMachine.status?.code == code)
      #expect(stateMachine.hasOutput)
      let output = try stateMachine.requireOutput()
      #expect(output.head?.status == .ok)
      #expect(output.fields[.grpcStatus] == String(code.rawValue))
      #expect(output.isEnd)
    }
  }

  // Failures

  @Test("Whatever fails first decides the status")
  @available(GRPCWeb 1.0, *)
  func firstFailureWins() throws {
    var stateMachine = Self.stateMachine()
    stateMachine.fail(.deadlineExceeded)
    stateMachine.fail(.peerGone)
    stateMachine.fail(RPCError(code: .internalError, message: ""))
    #expect(stateMachine.status?.code == .deadlineExceeded)

    let output = try stateMachine.requireOutput()
    #expect(output.fields[.grpcStatus] == "4")
    #expect(output.isEnd)
    stateMachine.fail(.shuttingDown)
    #expect(stateMachine.takeOutput() == nil)
    #expect(stateMachine.isDrained)
  }

  @Test("A failure after the end changes nothing, taken or not")
  @available(GRPCWeb 1.0, *)
  func failureAfterTheEnd() throws {
    for isTaken in [true, false] {
      var stateMachine = Self.stateMachine()
      try stateMachine.write(.message(GRPCWebMessage([])))
      try stateMachine.write(Self.success)
      if isTaken {
        #expect(stateMachine.takeOutput()?.isEnd == true)
      }
      stateMachine.fail(.deadlineExceeded)
      #expect(stateMachine.status?.code == .ok)
      if isTaken {
        #expect(stateMachine.takeOutput() == nil)
      } else {
        let output = try stateMachine.requireOutput()
        #expect(output.bytes == [0, 0, 0, 0, 0] + Fixture.trailers("grpc-status: 0"))
      }
    }
  }

  @Test("Requirement 7: a deadline that passes ends a stream after what was written")
  @available(GRPCWeb 1.0, *)
  func deadline() throws {
    var stateMachine = Self.stateMachine(.serverStreaming)
    try stateMachine.write(.metadata([:]))
    try stateMachine.write(.message(GRPCWebMessage([1])))
    stateMachine.fail(.deadlineExceeded)

    let output = try stateMachine.requireOutput()
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
      var stateMachine = Self.stateMachine(type)
      #expect(try stateMachine.nextRequestEvent() == .needsBytes)
      stateMachine.fail(.deadlineExceeded)
      let output = try stateMachine.requireOutput()
      #expect(output.fields[.grpcStatus] == "4")
      #expect(output.isEnd)
    }
  }

  @Test("Requirement 25: once the peer is gone, reading and writing fail")
  @available(GRPCWeb 1.0, *)
  func peerGone() {
    var stateMachine = Self.stateMachine(.bidirectionalStreaming)
    stateMachine.receive(ByteBuffer(bytes: Fixture.frame([1])))
    stateMachine.fail(.peerGone)
    #expect(Self.error { _ = try stateMachine.nextRequestEvent() } == .peerGone)
    #expect(Self.error { try stateMachine.write(.metadata([:])) } == .peerGone)
    #expect(Self.error { try stateMachine.write(.message(GRPCWebMessage([]))) } == .peerGone)
    #expect(Self.error { try stateMachine.write(Self.success) } == .peerGone)
    #expect(stateMachine.status?.code == .cancelled)
  }

  @Test("Requirement 16: the metadata of a thrown error reach the peer")
  @available(GRPCWeb 1.0, *)
  func errorMetadata() throws {
    var stateMachine = Self.stateMachine(.unary, fields: [.origin: "https://a.example"])
    var error = RPCError(code: .aborted, message: "no")
    error.metadata.addString("1", forKey: "x-key")
    error.metadata.addBinary([8, 10], forKey: "grpc-status-details-bin")
    stateMachine.fail(error)
    #expect(
      stateMachine.takeOutput()?.bytes
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
      var stateMachine = Self.stateMachine(type)
      stateMachine.receive(ByteBuffer(bytes: body))
      stateMachine.receiveEnd()
      let error = try #require(Self.error { _ = try stateMachine.nextRequestEvent() })
      #expect(Status.Code(error.code) == code)
      #expect(stateMachine.status?.code == code)

      #expect(Self.error { _ = try stateMachine.nextRequestEvent() } == error)
      #expect(Self.error { try stateMachine.write(.message(GRPCWebMessage([]))) } == error)

      let output = try stateMachine.requireOutput()
      #expect(output.fields[.grpcStatus] == "\(code.rawValue)")
      #expect(output.isEnd)
    }
  }

  @Test("A fault in the request that nobody reads fails nothing")
  @available(GRPCWeb 1.0, *)
  func unreadFault() throws {
    var stateMachine = Self.stateMachine(.bidirectionalStreaming)
    stateMachine.receive(ByteBuffer(bytes: Fixture.header(flags: 2, length: 0)))
    try stateMachine.write(Self.success)
    #expect(stateMachine.status?.code == .ok)
  }

  @Test("A part that can't be sent fails the call")
  @available(GRPCWeb 1.0, *)
  func unsendablePart() throws {
    var stateMachine = Self.stateMachine(.serverStreaming)
    try stateMachine.write(.metadata([:]))
    #expect(Self.error { try stateMachine.write(.metadata([:])) }?.code == .internalError)
    #expect(stateMachine.status?.code == .internalError)
    #expect(stateMachine.takeOutput()?.isEnd == true)
  }

  @Test("Requirement 10: nothing follows the trailers")
  @available(GRPCWeb 1.0, *)
  func writeAfterTheEnd() throws {
    var stateMachine = Self.stateMachine(.serverStreaming)
    try stateMachine.write(.metadata([:]))
    try stateMachine.write(Self.success)
    #expect(Self.error { try stateMachine.write(.message(GRPCWebMessage([]))) } != nil)
    #expect(Self.error { try stateMachine.write(Self.success) } != nil)
    #expect(stateMachine.status?.code == .ok)
    #expect(stateMachine.takeOutput()?.bytes == Fixture.trailers("grpc-status: 0"))
    #expect(stateMachine.takeOutput() == nil)
  }

  // Back-pressure

  @Test("Requirement 26: a writer waits at the bound, until what it wrote was taken")
  @available(GRPCWeb 1.0, *)
  func writability() throws {
    var stateMachine = Self.stateMachine(.serverStreaming) {
      $0.limits.maximumQueuedResponseBytes = 100
    }
    #expect(stateMachine.isWritable)
    try stateMachine.write(.metadata([:]))
    // Each frame has 50 bytes.
    try stateMachine.write(.message(GRPCWebMessage(repeating: 0, count: 45)))
    #expect(stateMachine.isWritable)
    try stateMachine.write(.message(GRPCWebMessage(repeating: 0, count: 44)))
    #expect(stateMachine.isWritable)
    try stateMachine.write(.message(GRPCWebMessage([])))
    #expect(!stateMachine.isWritable)

    #expect(stateMachine.takeOutput()?.bytes.count == 104)
    #expect(stateMachine.isWritable)
  }

  @Test("Requirement 26: a message larger than the bound makes its writer wait once")
  @available(GRPCWeb 1.0, *)
  func largeMessage() throws {
    var stateMachine = Self.stateMachine(.serverStreaming)
    try stateMachine.write(.message(GRPCWebMessage(repeating: 0, count: 1 << 20)))
    #expect(!stateMachine.isWritable)
    #expect(stateMachine.takeOutput() != nil)
    #expect(stateMachine.isWritable)
  }

  @Test("Nobody waits to write to a call that has ended")
  @available(GRPCWeb 1.0, *)
  func writableAtTheEnd() throws {
    var stateMachine = Self.stateMachine(.serverStreaming) {
      $0.limits.maximumQueuedResponseBytes = 1
    }
    try stateMachine.write(.message(GRPCWebMessage([1])))
    #expect(!stateMachine.isWritable)
    stateMachine.fail(.peerGone)
    #expect(stateMachine.isWritable)
  }

  @Test(
    "A response of one message leaves with its status, so that its writer can't wait before that",
    arguments: [MethodDescriptor.RPCType].oneResponse
  )
  @available(GRPCWeb 1.0, *)
  func largeSingleMessage(type: MethodDescriptor.RPCType) throws {
    var stateMachine = Self.stateMachine(type)
    try stateMachine.write(.metadata([:]))
    try stateMachine.write(.message(GRPCWebMessage(repeating: 0, count: 1 << 20)))
    #expect(!stateMachine.hasOutput)
    #expect(stateMachine.isWritable)
  }

  @Test("Keys that couldn't be sent are reported once")
  @available(GRPCWeb 1.0, *)
  func rejectedKeys() throws {
    var stateMachine = Self.stateMachine(.serverStreaming)
    try stateMachine.write(.metadata(["x-bad": "\n"]))
    #expect(stateMachine.takeRejectedKeys() == ["x-bad"])
    #expect(stateMachine.takeRejectedKeys() == [])
    try stateMachine.write(.status(Status(code: .ok, message: ""), ["grpc-status": "1"]))
    #expect(stateMachine.takeRejectedKeys() == ["grpc-status"])
  }
}
