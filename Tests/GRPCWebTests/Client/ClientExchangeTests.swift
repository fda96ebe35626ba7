import GRPCCore
import HTTPTypes
import NIOCore
import Testing

@testable import GRPCWeb

@Suite("Client exchange")
struct ClientExchangeTests {
  private static let ok = Fixture.trailers("grpc-status: 0")

  @Test("A unary call, from the first part to the status")
  @available(GRPCWeb 1.0, *)
  func unary() throws {
    var exchange = ClientExchange(call: try .test())
    #expect(!exchange.isStarted)
    #expect(exchange.requestHead == nil)
    try exchange.write(.metadata(["x-a": "1"]))
    try exchange.write(.message(GRPCWebMessage([1])))
    #expect(!exchange.isStarted)
    #expect(exchange.requestHead == nil)
    exchange.finishRequest()
    #expect(exchange.isStarted)
    #expect(exchange.isRequestFinished)
    #expect(exchange.requestHead?.path == "/test.Service/Method")
    #expect(exchange.takeRequestBody().flatMap(\.bytes) == Fixture.frame([1]))

    #expect(!exchange.hasResponse)
    exchange.receive(try HTTPResponse.test())
    #expect(exchange.hasResponse)
    // There may be no more than an error.
    #expect(try exchange.nextPart() == .needsBytes)
    #expect(!exchange.hasResponse)
    exchange.receive(ByteBuffer(bytes: Fixture.frame([2]) + Self.ok))
    #expect(exchange.hasResponse)
    #expect(try exchange.nextPart().metadata == [:])
    #expect(try exchange.nextPart() == .message(GRPCWebMessage([2])))
    // The status holds only when nothing follows it.
    #expect(try exchange.nextPart() == .needsBytes)
    #expect(!exchange.isEnded)
    exchange.receiveEnd()
    #expect(try exchange.nextPart() == .status(.ok))
    #expect(exchange.isEnded)
    #expect(try exchange.nextPart() == .end)
  }

  @Test("Requirement 26: a streamed request is writable up to the limit, and again when taken")
  @available(GRPCWeb 1.0, *)
  func writable() throws {
    var exchange = ClientExchange(
      call: try .test(
        .clientStreaming,
        configuration: .defaults { $0.maximumBufferedBytes = 20 }
      )
    )
    try exchange.write(.metadata([:]))
    #expect(exchange.isStarted)
    #expect(!exchange.hasRequestBody)
    try exchange.write(.message(GRPCWebMessage(repeating: 0, count: 14)))
    #expect(exchange.isWritable)
    #expect(exchange.hasRequestBody)
    try exchange.write(.message(GRPCWebMessage([])))
    #expect(!exchange.isWritable)
    #expect(exchange.takeRequestBody().map(\.readableBytes).reduce(0, +) == 24)
    #expect(exchange.isWritable)
    #expect(!exchange.hasRequestBody)
    exchange.finishRequest()
    #expect(exchange.hasRequestBody)
    #expect(exchange.takeRequestBody().isEmpty)
  }

  @Test("A request that is sent as a whole is writable however large it is")
  @available(GRPCWeb 1.0, *)
  func wholeRequest() throws {
    var exchange = ClientExchange(
      call: try .test(configuration: .defaults { $0.maximumBufferedBytes = 20 })
    )
    try exchange.write(.metadata([:]))
    try exchange.write(.message(GRPCWebMessage(repeating: 0, count: 1000)))
    #expect(exchange.isWritable)
  }

  @Test("Requirement 26: more of a response is wanted until whole messages wait")
  @available(GRPCWeb 1.0, *)
  func wantsResponse() throws {
    var exchange = ClientExchange(
      call: try .test(
        .serverStreaming,
        configuration: .defaults { $0.maximumBufferedBytes = 20 }
      )
    )
    exchange.receive(try HTTPResponse.test())
    #expect(try exchange.nextPart().metadata != nil)
    #expect(exchange.wantsResponse)
    exchange.receive(ByteBuffer(bytes: Fixture.frame([1])))
    #expect(exchange.wantsResponse)
    exchange.receive(ByteBuffer(bytes: Fixture.frame([UInt8](repeating: 0, count: 9))))
    #expect(!exchange.wantsResponse)
    #expect(try exchange.nextPart() == .message(GRPCWebMessage([1])))
    #expect(exchange.wantsResponse)
  }

  @Test("Requirement 26: a message larger than what may wait is received")
  @available(GRPCWeb 1.0, *)
  func largeMessage() throws {
    var exchange = ClientExchange(
      call: try .test(
        .serverStreaming,
        configuration: .defaults { $0.maximumBufferedBytes = 20 }
      )
    )
    exchange.receive(try HTTPResponse.test())
    let frame = Fixture.frame([UInt8](repeating: 7, count: 1000))
    for byte in frame.dropLast() {
      exchange.receive(ByteBuffer(bytes: [byte]))
      #expect(exchange.wantsResponse)
    }
    exchange.receive(ByteBuffer(bytes: [7]))
    #expect(!exchange.wantsResponse)
    #expect(try exchange.nextPart().metadata != nil)
    #expect(try exchange.nextPart() == .message(GRPCWebMessage(repeating: 7, count: 1000)))
  }

  @Test("Requirement 19: nothing more is wanted of a message over the limit")
  @available(GRPCWeb 1.0, *)
  func overTheLimit() throws {
    var exchange = ClientExchange(
      call: try .test(
        .serverStreaming,
        configuration: .defaults {
          $0.maximumBufferedBytes = 20
          $0.maximumResponseMessageSize = 10
        }
      )
    )
    exchange.receive(try HTTPResponse.test())
    exchange.receive(ByteBuffer(bytes: Fixture.header(length: .max)))
    exchange.receive(ByteBuffer(repeating: 0, count: 20))
    #expect(!exchange.wantsResponse)
    #expect(try exchange.nextPart().metadata != nil)
    #expect(throws: RPCError.self) { try exchange.nextPart() }
    #expect(exchange.isEnded)
    #expect(exchange.wantsResponse)
  }

  @Test("The first failure decides, and ends everything")
  @available(GRPCWeb 1.0, *)
  func firstFailure() throws {
    var exchange = ClientExchange(call: try .test(.bidirectionalStreaming))
    try exchange.write(.metadata([:]))
    exchange.fail(RPCError(code: .unavailable, message: "first"))
    exchange.fail(RPCError(code: .internalError, message: "second"))
    #expect(exchange.isEnded)
    #expect(exchange.isStarted)
    #expect(exchange.isWritable)
    #expect(exchange.hasRequestBody)
    #expect(exchange.hasResponse)
    #expect(exchange.wantsResponse)
    #expect(exchange.failure?.message == "first")
    let reading = #expect(throws: RPCError.self) { try exchange.nextPart() }
    #expect(reading?.message == "first")
    let writing = #expect(throws: RPCError.self) { try exchange.write(.metadata([:])) }
    #expect(writing?.message == "first")
  }

  @Test("A part that can't be sent fails the call")
  @available(GRPCWeb 1.0, *)
  func unsendablePart() throws {
    var exchange = ClientExchange(call: try .test())
    let error = #expect(throws: RPCError.self) {
      try exchange.write(.metadata(["x-bad": "a\r\nb"]))
    }
    #expect(error?.code == .invalidArgument)
    #expect(exchange.isEnded)
    #expect(throws: RPCError.self) { try exchange.nextPart() }
  }

  @Test("Writing after the answer fails, so that its writer ends, and changes nothing")
  @available(GRPCWeb 1.0, *)
  func afterTheAnswer() throws {
    var exchange = ClientExchange(call: try .test(.bidirectionalStreaming))
    try exchange.write(.metadata([:]))
    exchange.receive(try HTTPResponse.test([("grpc-status", "5")]))
    exchange.receiveEnd()
    #expect(try exchange.nextPart() == .status(.notFound))
    let error = #expect(throws: RPCError.self) {
      try exchange.write(.message(GRPCWebMessage([1])))
    }
    #expect(error?.code == .cancelled)
    #expect(exchange.takeRequestBody().isEmpty)
    exchange.fail(RPCError(code: .unavailable, message: "late"))
    #expect(exchange.failure == nil)
    #expect(try exchange.nextPart() == .end)
  }

  @Test("A fault in the response fails the call")
  @available(GRPCWeb 1.0, *)
  func faultyResponse() throws {
    var exchange = ClientExchange(call: try .test(.bidirectionalStreaming))
    try exchange.write(.metadata([:]))
    exchange.receive(try HTTPResponse.test())
    exchange.receiveEnd()
    #expect(try exchange.nextPart().metadata != nil)
    let error = #expect(throws: RPCError.self) { try exchange.nextPart() }
    #expect(error?.code == .unknown)
    #expect(exchange.failure == error)
    #expect(throws: RPCError.self) { try exchange.write(.message(GRPCWebMessage([1]))) }
  }
}

/// An event that can be compared.
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
extension ClientExchange {
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
