import GRPCCore
import NIOCore
import Testing

@testable import GRPCWeb

/// Every event in every state of a client's call, of a method that streams both ways.
@Suite("States of a client's call")
struct ClientCallStatesTests {
  enum State: String, CaseIterable {
    case idle, open, finished, responding, answered, failed

    @available(GRPCWeb 1.0, *)
    func makeStateMachine() throws -> ClientCallStateMachine {
      var stateMachine = ClientCallStateMachine(call: try .test(.bidirectionalStreaming))
      if self != .idle {
        try stateMachine.write(.metadata([:]))
      }
      switch self {
      case .idle, .open:
        break
      case .finished:
        stateMachine.finishRequest()
      case .responding:
        stateMachine.receive(try .test())
        _ = try stateMachine.nextResponseEvent()
      case .answered:
        try Event.readStatus.apply(to: &stateMachine)
      case .failed:
        stateMachine.fail(.deadlineExceeded, by: .deadline)
      }
      return stateMachine
    }
  }

  enum Event: String, CaseIterable {
    case metadata, message, finish, fail, read, readStatus, readFault

    @available(GRPCWeb 1.0, *)
    func apply(to stateMachine: inout ClientCallStateMachine) throws {
      switch self {
      case .metadata:
        try stateMachine.write(.metadata([:]))
      case .message:
        try stateMachine.write(.message(GRPCWebMessage([1])))
      case .finish:
        stateMachine.finishRequest()
      case .fail:
        stateMachine.fail(.transportClosed, by: .shutdown)
      case .read:
        _ = try stateMachine.nextResponseEvent()
      case .readStatus:
        stateMachine.receive(try .test())
        stateMachine.receive(ByteBuffer(bytes: Fixture.trailers("grpc-status: 0")))
        stateMachine.receiveEnd()
        try self.readAll(of: &stateMachine)
      case .readFault:
        stateMachine.receive(try .test())
        stateMachine.receive(ByteBuffer(bytes: Fixture.frame(flags: 0x40, [1])))
        try self.readAll(of: &stateMachine)
      }
    }

    @available(GRPCWeb 1.0, *)
    private func readAll(of stateMachine: inout ClientCallStateMachine) throws {
      while true {
        switch try stateMachine.nextResponseEvent() {
        case .part:
          continue
        case .needsBytes, .end:
          return
        }
      }
    }
  }

  /// What a state machine shows after an event.
  struct Result: Equatable {
    /// The error that the event throws.
    var error: RPCError.Code?
    var status: Status.Code?
    var end: GRPCWebCallRecord.End?
  }

  static func expectedResult(of event: Event, in state: State) -> Result {
    switch (state, event) {
    // As long as the call runs, each part has its place, and the first failure decides.
    case (.idle, .metadata), (.open, .message), (.responding, .message),
      (.idle, .finish), (.open, .finish), (.finished, .finish), (.responding, .finish),
      (.idle, .read), (.open, .read), (.finished, .read), (.responding, .read):
      return Result()
    case (.idle, .message), (.open, .metadata), (.finished, .metadata), (.finished, .message),
      (.responding, .metadata):
      return Result(error: .internalError, status: .internalError, end: .client)
    case (.idle, .fail), (.open, .fail), (.finished, .fail), (.responding, .fail):
      return Result(status: .unavailable, end: .shutdown)
    case (.idle, .readStatus), (.open, .readStatus), (.finished, .readStatus),
      (.responding, .readStatus):
      return Result(status: .ok, end: .service)
    case (.idle, .readFault), (.open, .readFault), (.finished, .readFault),
      (.responding, .readFault):
      return Result(error: .internalError, status: .internalError, end: .badResponse)

    // An answered call can't be written to. Nothing changes its end.
    case (.answered, .metadata), (.answered, .message):
      return Result(error: .cancelled, status: .ok, end: .service)
    case (.answered, .finish), (.answered, .fail), (.answered, .read), (.answered, .readStatus),
      (.answered, .readFault):
      return Result(status: .ok, end: .service)

    // A failed call throws its error. Nothing changes its end.
    case (.failed, .metadata), (.failed, .message), (.failed, .read), (.failed, .readStatus),
      (.failed, .readFault):
      return Result(error: .deadlineExceeded, status: .deadlineExceeded, end: .deadline)
    case (.failed, .finish), (.failed, .fail):
      return Result(status: .deadlineExceeded, end: .deadline)
    }
  }

  @Test("Every event in every state", arguments: State.allCases, Event.allCases)
  @available(GRPCWeb 1.0, *)
  func event(state: State, event: Event) throws {
    var stateMachine = try state.makeStateMachine()
    var result = Result()
    do {
      try event.apply(to: &stateMachine)
    } catch let error as RPCError {
      result.error = error.code
    }
    result.status = stateMachine.outcome?.status.code
    result.end = stateMachine.outcome?.end
    let expected = Self.expectedResult(of: event, in: state)
    #expect(result == expected)
    #expect(stateMachine.isEnded == (expected.end != nil))
  }

  @Test("Nobody waits for a call that has ended", arguments: State.allCases)
  @available(GRPCWeb 1.0, *)
  func waiting(state: State) throws {
    let stateMachine = try state.makeStateMachine()
    let isEnded = state == .answered || state == .failed
    #expect(stateMachine.isEnded == isEnded)
    #expect(stateMachine.isStarted == (state != .idle))
    #expect(stateMachine.isWritable && stateMachine.wantsResponse)
    #expect(stateMachine.hasRequestBody == (isEnded || state == .finished))
    #expect(stateMachine.hasResponse == (isEnded || state == .responding))
  }
}
