import GRPCCore
import HTTPTypes
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("State machine of a client's call")
struct ClientCallStateMachineTests {
  private static let ok = Fixture.trailers("grpc-status: 0")

  @Test("A unary call, from the first part to the status")
  @available(GRPCWeb 1.0, *)
  func unary() throws {
    var stateMachine = ClientCallStateMachine(call: try .test())
    #expect(!stateMachine.isStarted)
    #expect(stateMachine.requestHead == nil)
    try stateMachine.write(.metadata(["x-a": "1"]))
    try stateMachine.write(.message(GRPCWebMessage([1])))
    #expect(!stateMachine.isStarted)
    #expect(stateMachine.requestHead == nil)
    stateMachine.finishRequest()
    #expect(stateMachine.isStarted)
    #expect(stateMachine.isRequestFinished)
    #expect(stateMachine.requestHead?.path == "/test.Service/Method")
    #expect(stateMachine.takeRequestBody().flatMap(\.bytes) == Fixture.frame([1]))

    #expect(!stateMachine.hasResponse)
    stateMachine.receive(try HTTPResponse.test())
    #expect(stateMachine.hasResponse)
    // A response without messages may be trailers-only, so its metadata waits for the body.
    #expect(try stateMachine.nextPart() == .needsBytes)
    #expect(!stateMachine.hasResponse)
    stateMachine.receive(ByteBuffer(bytes: Fixture.frame([2]) + Self.ok))
    #expect(stateMachine.hasResponse)
    #expect(try stateMachine.nextPart().metadata == [:])
    #expect(try stateMachine.nextPart() == .message(GRPCWebMessage([2])))
    // The status is returned only at the end of the body, which shows that nothing follows it.
    #expect(try stateMachine.nextPart() == .needsBytes)
    #expect(!stateMachine.isEnded)
    stateMachine.receiveEnd()
    #expect(try stateMachine.nextPart() == .status(.ok))
    #expect(stateMachine.isEnded)
    #expect(try stateMachine.nextPart() == .end)
  }

  @Test("Requirement 26: a streamed request is writable up to the limit, and again when taken")
  @available(GRPCWeb 1.0, *)
  func writable() throws {
    var stateMachine = ClientCallStateMachine(
      call: try .test(
        .clientStreaming,
        config: .defaults { $0.maximumQueuedRequestBytes = 20 }
      )
    )
    try stateMachine.write(.metadata([:]))
    #expect(stateMachine.isStarted)
    #expect(!stateMachine.hasRequestBody)
    try stateMachine.write(.message(GRPCWebMessage(repeating: 0, count: 14)))
    #expect(stateMachine.isWritable)
    #expect(stateMachine.hasRequestBody)
    try stateMachine.write(.message(GRPCWebMessage([])))
    #expect(!stateMachine.isWritable)
    #expect(stateMachine.takeRequestBody().map(\.readableBytes).reduce(0, +) == 24)
    #expect(stateMachine.isWritable)
    #expect(!stateMachine.hasRequestBody)
    stateMachine.finishRequest()
    #expect(stateMachine.hasRequestBody)
    #expect(stateMachine.takeRequestBody().isEmpty)
  }

  @Test("A request that is sent as a whole is writable however large it is")
  @available(GRPCWeb 1.0, *)
  func wholeRequest() throws {
    var stateMachine = ClientCallStateMachine(
      call: try .test(config: .defaults { $0.maximumQueuedRequestBytes = 20 })
    )
    try stateMachine.write(.metadata([:]))
    try stateMachine.write(.message(GRPCWebMessage(repeating: 0, count: 1000)))
    #expect(stateMachine.isWritable)
  }

  @Test("Requirement 26: more of a response is wanted until whole messages wait")
  @available(GRPCWeb 1.0, *)
  func wantsResponse() throws {
    var stateMachine = ClientCallStateMachine(
      call: try .test(
        .serverStreaming,
        config: .defaults { $0.maximumBufferedResponseBytes = 20 }
      )
    )
    stateMachine.receive(try HTTPResponse.test())
    #expect(try stateMachine.nextPart().metadata != nil)
    #expect(stateMachine.wantsResponse)
    stateMachine.receive(ByteBuffer(bytes: Fixture.frame([1])))
    #expect(stateMachine.wantsResponse)
    stateMachine.receive(ByteBuffer(bytes: Fixture.frame([UInt8](repeating: 0, count: 9))))
    #expect(!stateMachine.wantsResponse)
    #expect(try stateMachine.nextPart() == .message(GRPCWebMessage([1])))
    #expect(stateMachine.wantsResponse)
  }

  @Test("Requirement 26: a message larger than what may wait is received")
  @available(GRPCWeb 1.0, *)
  func largeMessage() throws {
    var stateMachine = ClientCallStateMachine(
      call: try .test(
        .serverStreaming,
        config: .defaults { $0.maximumBufferedResponseBytes = 20 }
      )
    )
    stateMachine.receive(try HTTPResponse.test())
    let frame = Fixture.frame([UInt8](repeating: 7, count: 1000))
    for byte in frame.dropLast() {
      stateMachine.receive(ByteBuffer(bytes: [byte]))
      #expect(stateMachine.wantsResponse)
    }
    stateMachine.receive(ByteBuffer(bytes: [7]))
    #expect(!stateMachine.wantsResponse)
    #expect(try stateMachine.nextPart().metadata != nil)
    #expect(try stateMachine.nextPart() == .message(GRPCWebMessage(repeating: 7, count: 1000)))
  }

  @Test("Requirement 19: nothing more is wanted of a message over the limit")
  @available(GRPCWeb 1.0, *)
  func overTheLimit() throws {
    var stateMachine = ClientCallStateMachine(
      call: try .test(
        .serverStreaming,
        config: .defaults {
          $0.maximumBufferedResponseBytes = 20
          $0.maximumResponseMessageSize = 10
        }
      )
    )
    stateMachine.receive(try HTTPResponse.test())
    stateMachine.receive(ByteBuffer(bytes: Fixture.header(length: .max)))
    stateMachine.receive(ByteBuffer(repeating: 0, count: 20))
    #expect(!stateMachine.wantsResponse)
    #expect(try stateMachine.nextPart().metadata != nil)
    #expect(throws: RPCError.self) { try stateMachine.nextPart() }
    #expect(stateMachine.isEnded)
    #expect(stateMachine.wantsResponse)
  }

  @Test("The first failure decides, and ends everything")
  @available(GRPCWeb 1.0, *)
  func firstFailure() throws {
    var stateMachine = ClientCallStateMachine(call: try .test(.bidirectionalStreaming))
    try stateMachine.write(.metadata([:]))
    stateMachine.fail(RPCError(code: .unavailable, message: "first"))
    stateMachine.fail(RPCError(code: .internalError, message: "second"))
    #expect(stateMachine.isEnded)
    #expect(stateMachine.isStarted)
    #expect(stateMachine.isWritable)
    #expect(stateMachine.hasRequestBody)
    #expect(stateMachine.hasResponse)
    #expect(stateMachine.wantsResponse)
    #expect(stateMachine.failure?.message == "first")
    let reading = #expect(throws: RPCError.self) { try stateMachine.nextPart() }
    #expect(reading?.message == "first")
    let writing = #expect(throws: RPCError.self) { try stateMachine.write(.metadata([:])) }
    #expect(writing?.message == "first")
  }

  @Test("A part that can't be sent fails the call")
  @available(GRPCWeb 1.0, *)
  func unsendablePart() throws {
    var stateMachine = ClientCallStateMachine(call: try .test())
    let error = #expect(throws: RPCError.self) {
      try stateMachine.write(.metadata(["x-bad": "a\r\nb"]))
    }
    #expect(error?.code == .invalidArgument)
    #expect(stateMachine.isEnded)
    #expect(throws: RPCError.self) { try stateMachine.nextPart() }
  }

  @Test("Writing after the answer fails, so that its writer ends, and changes nothing")
  @available(GRPCWeb 1.0, *)
  func afterTheAnswer() throws {
    var stateMachine = ClientCallStateMachine(call: try .test(.bidirectionalStreaming))
    try stateMachine.write(.metadata([:]))
    stateMachine.receive(try HTTPResponse.test([("grpc-status", "5")]))
    stateMachine.receiveEnd()
    #expect(try stateMachine.nextPart() == .status(.notFound))
    let error = #expect(throws: RPCError.self) {
      try stateMachine.write(.message(GRPCWebMessage([1])))
    }
    #expect(error?.code == .cancelled)
    #expect(stateMachine.takeRequestBody().isEmpty)
    stateMachine.fail(RPCError(code: .unavailable, message: "late"))
    #expect(stateMachine.failure == nil)
    #expect(try stateMachine.nextPart() == .end)
  }

  @Test("A fault in the response fails the call")
  @available(GRPCWeb 1.0, *)
  func faultyResponse() throws {
    var stateMachine = ClientCallStateMachine(call: try .test(.bidirectionalStreaming))
    try stateMachine.write(.metadata([:]))
    stateMachine.receive(try HTTPResponse.test())
    stateMachine.receiveEnd()
    #expect(try stateMachine.nextPart().metadata != nil)
    let error = #expect(throws: RPCError.self) { try stateMachine.nextPart() }
    #expect(error?.code == .unknown)
    #expect(stateMachine.failure == error)
    #expect(throws: RPCError.self) { try stateMachine.write(.message(GRPCWebMessage([1]))) }
  }
}

/// A comparable form of an event.
@available(GRPCWeb 1.0, *)
private enum Part: Equatable {
  case metadata(Metadata)
  case message(GRPCWebMessage)
  case status(Status.Code)
  case needsBytes
  case end

  var metadata: Metadata? {
    if case .metadata(let metadata) = self { return metadata }
    return nil
  }
}

@available(GRPCWeb 1.0, *)
extension ClientCallStateMachine {
  fileprivate mutating func nextPart() throws -> Part {
    switch try self.nextResponseEvent() {
    case .part(.metadata(let metadata)):
      return .metadata(metadata)
    case .part(.message(let message)):
      return .message(message)
    case .part(.status(let status, _)):
      return .status(status.code)
    case .needsBytes:
      return .needsBytes
    case .end:
      return .end
    }
  }
}
