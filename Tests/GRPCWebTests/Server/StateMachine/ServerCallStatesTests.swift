import GRPCCore
import NIOCore
import Testing

@testable import GRPCWeb

/// Every event in every state of a server's call, of a method that streams both ways.
@Suite("States of a server's call")
struct ServerCallStatesTests {
  enum State: String, CaseIterable {
    case idle, open, ended, failed, drained, drainedFailed

    @available(GRPCWeb 1.0, *)
    func makeStateMachine() throws -> ServerCallStateMachine {
      var stateMachine = ServerCallStateMachine(
        call: .test(.bidirectionalStreaming),
        config: .defaults
      )
      switch self {
      case .idle:
        break
      case .open:
        try stateMachine.write(.metadata([:]))
      case .ended:
        try stateMachine.write(Self.success)
      case .failed:
        stateMachine.fail(.deadlineExceeded, by: .deadline)
      case .drained:
        try stateMachine.write(Self.success)
        _ = stateMachine.takeOutput()
      case .drainedFailed:
        stateMachine.fail(.deadlineExceeded, by: .deadline)
        _ = stateMachine.takeOutput()
      }
      return stateMachine
    }

    @available(GRPCWeb 1.0, *)
    static var success: RPCResponsePart<GRPCWebMessage> {
      .status(Status(code: .ok, message: ""), [:])
    }
  }

  enum Event: String, CaseIterable {
    case metadata, message, status, read, readFault, fail, abandon, takeOutput

    @available(GRPCWeb 1.0, *)
    func apply(to stateMachine: inout ServerCallStateMachine) throws(RPCError) {
      switch self {
      case .metadata:
        try stateMachine.write(.metadata([:]))
      case .message:
        try stateMachine.write(.message(GRPCWebMessage([1])))
      case .status:
        try stateMachine.write(State.success)
      case .read:
        _ = try stateMachine.nextRequestEvent()
      case .readFault:
        stateMachine.receive(ByteBuffer(bytes: Fixture.frame(flags: 0x40, [1])))
        _ = try stateMachine.nextRequestEvent()
      case .fail:
        stateMachine.fail(.shuttingDown, by: .shutdown)
      case .abandon:
        stateMachine.abandon()
      case .takeOutput:
        _ = stateMachine.takeOutput()
      }
    }
  }

  /// What a state machine shows after an event.
  struct Result: Equatable {
    /// The error that the event throws.
    var error: RPCError.Code?
    var status: Status.Code?
    var end: GRPCWebCallRecord.End?
    var isDrained = false
  }

  static func expectedResult(of event: Event, in state: State) -> Result {
    let before: Result
    switch state {
    case .idle, .open:
      before = Result()
    case .ended, .drained:
      before = Result(status: .ok, end: .service, isDrained: state == .drained)
    case .failed, .drainedFailed:
      before = Result(
        status: .deadlineExceeded,
        end: .deadline,
        isDrained: state == .drainedFailed
      )
    }

    switch (state, event) {
    // As long as the call runs, each part has its place, and the first failure decides.
    case (.idle, .metadata), (.idle, .message), (.open, .message), (.idle, .read), (.open, .read),
      (.idle, .takeOutput), (.open, .takeOutput):
      return before
    case (.open, .metadata):
      return Result(error: .internalError, status: .internalError, end: .service)
    case (.idle, .status), (.open, .status):
      return Result(status: .ok, end: .service)
    case (.idle, .readFault), (.open, .readFault):
      return Result(error: .internalError, status: .internalError, end: .badRequest)
    case (.idle, .fail), (.open, .fail):
      return Result(status: .unavailable, end: .shutdown)
    case (.idle, .abandon), (.open, .abandon):
      return Result(status: .cancelled, end: .client)

    // A call with a status can neither be written to nor read from, and says why it failed.
    case (.ended, .metadata), (.ended, .message), (.ended, .status), (.ended, .read),
      (.ended, .readFault), (.drained, .metadata), (.drained, .message), (.drained, .status),
      (.drained, .read), (.drained, .readFault):
      var result = before
      result.error = .internalError
      return result
    case (.failed, .metadata), (.failed, .message), (.failed, .status), (.failed, .read),
      (.failed, .readFault), (.drainedFailed, .metadata), (.drainedFailed, .message),
      (.drainedFailed, .status), (.drainedFailed, .read), (.drainedFailed, .readFault):
      var result = before
      result.error = .deadlineExceeded
      return result

    // A second failure changes nothing.
    case (.ended, .fail), (.failed, .fail), (.drained, .fail), (.drainedFailed, .fail):
      return before

    // A client that goes away changes what hasn't been taken, and nothing else.
    case (.ended, .abandon), (.failed, .abandon):
      return Result(status: .cancelled, end: .client)
    case (.drained, .abandon), (.drainedFailed, .abandon):
      return before

    case (.ended, .takeOutput), (.failed, .takeOutput), (.drained, .takeOutput),
      (.drainedFailed, .takeOutput):
      var result = before
      result.isDrained = true
      return result
    }
  }

  @Test("Every event in every state", arguments: State.allCases, Event.allCases)
  @available(GRPCWeb 1.0, *)
  func event(state: State, event: Event) throws {
    var stateMachine = try state.makeStateMachine()
    var result = Result()
    do throws(RPCError) {
      try event.apply(to: &stateMachine)
    } catch {
      result.error = error.code
    }
    result.status = stateMachine.outcome?.status.code
    result.end = stateMachine.outcome?.end
    result.isDrained = stateMachine.isDrained
    let expected = Self.expectedResult(of: event, in: state)
    #expect(result == expected)
  }

  @Test(
    "A call has output until it is taken, and a writer never waits once it has a status",
    arguments: State.allCases
  )
  @available(GRPCWeb 1.0, *)
  func output(state: State) throws {
    var stateMachine = try state.makeStateMachine()
    switch state {
    case .idle, .drained, .drainedFailed:
      #expect(!stateMachine.hasOutput)
    case .open, .ended, .failed:
      #expect(stateMachine.hasOutput)
    }
    #expect(stateMachine.isWritable)
    let output = stateMachine.takeOutput()
    #expect((output?.isEnd ?? false) == (state == .ended || state == .failed))
    let second = stateMachine.takeOutput()
    #expect(second == nil)
  }
}
