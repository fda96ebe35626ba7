import GRPCCore
import GRPCWebTestSupport
import HTTPTypes
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("What a state machine tells of a call that has ended")
struct CallOutcomeTests {
  /// The state machine of a call that is observed.
  @available(GRPCWeb 1.0, *)
  private static func stateMachine(
    fields: HTTPFields = [:],
    config: GRPCWebServer.Config = .defaults
  ) -> ServerCallStateMachine {
    var head = GRPCWebCallHead.test(.bidirectionalStreaming, fields: fields, config: config)
    let info = GRPCWebCallInfo(
      method: head.method,
      isMethodRegistered: true,
      wireProtocol: .grpcWeb,
      request: GRPCWebRequestInfo(),
      metadata: [:]
    )
    head.observed = ObservedServerCall(info, observer: RecordingObserver())
    return ServerCallStateMachine(call: head, config: config)
  }

  @Test("A call that hasn't ended has no outcome, and what ends it first decides it")
  @available(GRPCWeb 1.0, *)
  func first() {
    var stateMachine = Self.stateMachine()
    #expect(stateMachine.outcome == nil)
    stateMachine.fail(.deadlineExceeded, by: .deadline)
    stateMachine.fail(.shuttingDown, by: .shutdown)
    #expect(stateMachine.outcome?.end == .deadline)
    #expect(stateMachine.outcome?.status.code == .deadlineExceeded)
  }

  @Test("A status that was never taken isn't what the client was sent, if it went away")
  @available(GRPCWeb 1.0, *)
  func abandoned() throws {
    var stateMachine = Self.stateMachine()
    try stateMachine.write(.status(.init(code: .ok, message: ""), [:]))
    #expect(stateMachine.outcome?.end == .service)
    stateMachine.abandon()
    #expect(stateMachine.outcome?.end == .client)
    #expect(stateMachine.outcome?.status.code == .cancelled)
  }

  @Test("A client that goes away when it has been sent the status changes nothing")
  @available(GRPCWeb 1.0, *)
  func abandonedAfterEnd() throws {
    var stateMachine = Self.stateMachine()
    try stateMachine.write(.status(.init(code: .notFound, message: ""), [:]))
    _ = stateMachine.takeOutput()
    stateMachine.abandon()
    #expect(stateMachine.outcome?.end == .service)
    #expect(stateMachine.outcome?.status.code == .notFound)
  }

  @Test("Messages count as sent when they have been taken")
  @available(GRPCWeb 1.0, *)
  func sent() throws {
    var stateMachine = Self.stateMachine()
    let message = GRPCWebMessage([1, 2, 3])
    try stateMachine.write(.message(message))
    _ = stateMachine.takeOutput()
    try stateMachine.write(frame: message.frame, messageSize: 100)
    stateMachine.abandon()
    #expect(stateMachine.outcome?.sent == .init(count: 1, bytes: 3, compressedBytes: 3))
  }

  @Test("Sizes are counted before and after compression, without the header of a frame")
  @available(GRPCWeb 1.0, *)
  func compressed() throws {
    var stateMachine = Self.stateMachine(fields: [.grpcEncoding: "gzip"])
    let compressed = Fixture.frame(flags: 1, [1, 2, 3, 4])
    stateMachine.receive(ByteBuffer(bytes: Fixture.frame([1, 2, 3]) + compressed))
    _ = try stateMachine.nextRequestEvent()
    _ = try stateMachine.nextRequestEvent()
    stateMachine.receiveInflatedSize(50)
    try stateMachine.write(frame: ByteBuffer(bytes: compressed), messageSize: 60)
    try stateMachine.write(.status(.init(code: .ok, message: ""), [:]))
    _ = stateMachine.takeOutput()
    let outcome = try #require(stateMachine.outcome)
    #expect(outcome.received == .init(count: 2, bytes: 53, compressedBytes: 7))
    #expect(outcome.sent == .init(count: 1, bytes: 60, compressedBytes: 4))
  }

  @Test("A message over the limit is a limit's doing, another fault the request's")
  @available(GRPCWeb 1.0, *)
  func faults() throws {
    let config = GRPCWebServer.Config.defaults { $0.limits.maximumRequestMessageSize = 2 }
    for (bytes, end) in [
      (Fixture.frame([1, 2, 3]), GRPCWebCallRecord.End.limit),
      (Fixture.frame(flags: 0x40, [1]), .badRequest),
    ] {
      var stateMachine = Self.stateMachine(config: config)
      stateMachine.receive(ByteBuffer(bytes: bytes))
      #expect(throws: RPCError.self) {
        try stateMachine.nextRequestEvent()
      }
      #expect(stateMachine.outcome?.end == end)
    }
  }

  @Test("Nothing is counted of a call that isn't observed")
  @available(GRPCWeb 1.0, *)
  func unobserved() throws {
    let head = GRPCWebCallHead.test(.bidirectionalStreaming)
    var stateMachine = ServerCallStateMachine(call: head, config: .defaults)
    stateMachine.receive(ByteBuffer(bytes: Fixture.frame([1, 2, 3])))
    _ = try stateMachine.nextRequestEvent()
    try stateMachine.write(.message(GRPCWebMessage([1, 2, 3])))
    _ = stateMachine.takeOutput()
    stateMachine.fail(.shuttingDown, by: .shutdown)
    #expect(stateMachine.outcome?.received == .init())
    #expect(stateMachine.outcome?.sent == .init())
  }
}
