import Testing

@testable import GRPCWebNIO

@Suite
struct ChannelStateMachineTests {
  typealias State = ChannelStateMachine.State

  // The order of requests and responses

  @Test("The app takes requests while it answers others")
  func appRequestsPipelined() {
    var machine = ChannelStateMachine()
    for count in 1 ... 3 {
      #expect(machine.state.canBegin(.app))
      machine.beginAppRequest()
      #expect(machine.state.destination == .app)
      #expect(machine.state.appRequests == count)
      let action = machine.requestEnded()
      #expect(action == .forward(to: .app))
      #expect(machine.state == .idle(appRequests: count))
    }
  }

  @Test("A call waits until the app has answered every request before it")
  func callWaitsForApp() {
    var machine = ChannelStateMachine()
    for _ in 0 ..< 2 {
      machine.beginAppRequest()
      _ = machine.requestEnded()
    }
    #expect(!machine.state.canBegin(.call))
    machine.appResponseEnded()
    #expect(!machine.state.canBegin(.call))
    machine.appResponseEnded()
    #expect(machine.state.canBegin(.call))
  }

  @Test("Everything waits for a call's response", arguments: [false, true])
  func allWaitForCall(isRequestEnded: Bool) {
    var machine = ChannelStateMachine()
    machine.beginCall(.keepAlive)
    #expect(machine.state.isAnsweringCall)
    #expect(machine.state.destination == .call)
    if isRequestEnded {
      let action = machine.requestEnded()
      #expect(action == .forward(to: .call))
    }
    #expect(!machine.state.canBegin(.app))
    #expect(!machine.state.canBegin(.call))

    let persistence = machine.callResponseEnded()
    #expect(persistence == .keepAlive)
    #expect(!machine.state.isAnsweringCall)
    #expect(machine.state.canBegin(.app))
    #expect(machine.state.canBegin(.call))
  }

  @Test("What comes of a request after its response goes nowhere")
  func restAfterResponse() {
    var machine = ChannelStateMachine()
    machine.beginCall(.keepAlive)
    _ = machine.callResponseEnded()
    #expect(machine.state.destination == .nowhere)
    let action = machine.requestEnded()
    #expect(action == .forward(to: .nowhere))
    #expect(machine.state == .idle(appRequests: 0))
  }

  @Test("What comes of an app's request after its response still goes to the app")
  func restAfterAppResponse() {
    var machine = ChannelStateMachine()
    machine.beginAppRequest()
    machine.appResponseEnded()
    #expect(machine.state.destination == .app)
    let action = machine.requestEnded()
    #expect(action == .forward(to: .app))
    #expect(machine.state == .idle(appRequests: 0))
    #expect(machine.state.canBegin(.call))
  }

  @Test("A response that ends between two requests doesn't touch the next")
  func responseEndsAfterRequest() {
    var machine = ChannelStateMachine()
    machine.beginCall(.keepAlive)
    _ = machine.requestEnded()
    _ = machine.callResponseEnded()
    #expect(machine.state == .idle(appRequests: 0))
    machine.beginAppRequest()
    #expect(machine.state.destination == .app)
  }

  @Test("An app that answers what nobody asked doesn't hold calls back, or let them overtake")
  func unaskedResponse() {
    var machine = ChannelStateMachine()
    machine.appResponseEnded()
    #expect(machine.state.appRequests == 0)
    #expect(machine.state.canBegin(.call))
    machine.beginAppRequest()
    #expect(!machine.state.canBegin(.call))
  }

  // The end of a connection

  @Test(
    "A connection is closed when its last response has left and the request has ended, in any order"
  )
  func lastResponse() {
    var machine = ChannelStateMachine()
    machine.beginCall(.close)
    let persistence = machine.callResponseEnded()
    #expect(persistence == .close)
    #expect(machine.state == .ending(.receiving))

    var responseFirst = machine
    let closesBehindResponse = responseFirst.lastResponseLeft()
    #expect(!closesBehindResponse)
    #expect(responseFirst.state == .awaitingRequestEnd)
    let action = responseFirst.requestEnded()
    #expect(action == .closeLingering)
    #expect(responseFirst.state == .lingering)

    let end = machine.requestEnded()
    #expect(end == .forward(to: .nowhere))
    let closes = machine.lastResponseLeft()
    #expect(closes)
    #expect(machine.state == .lingering)
  }

  @Test("A call whose request is given up is answered, and is the last of its connection")
  func givenUp() {
    var machine = ChannelStateMachine()
    machine.beginCall(.keepAlive)
    machine.requestStalled()
    #expect(machine.state == .answeringLastCall(.stalled))
    #expect(machine.state.canRead)
    let persistence = machine.callResponseEnded()
    #expect(persistence == .close)
    #expect(machine.state == .ending(.received))
  }

  @Test("Bytes that aren't HTTP are reported behind the calls before them")
  func faultBehindCall() {
    var machine = ChannelStateMachine()
    machine.beginCall(.keepAlive)
    _ = machine.requestEnded()
    let action = machine.receiveFault()
    #expect(action == .holdError)
    let isReportedWithinCall = machine.reportFault()
    #expect(!isReportedWithinCall)
    _ = machine.callResponseEnded()
    let isReported = machine.reportFault()
    #expect(isReported)
    #expect(machine.state == .faulty(appRequests: 0))
  }

  // All states and all events

  /// Everything that can happen to a channel.
  enum Event: CaseIterable {
    case appRequest, call, lastCall, requestEnded, full, hasRoom, fault, reportFault, stalled
    case appResponseEnded, callResponseEnded, lastResponseLeft, abandoned

    /// Lets a machine process the event, if its caller would: requests begin only where they can.
    func apply(to machine: inout ChannelStateMachine) {
      switch self {
      case .appRequest where machine.state.canBegin(.app):
        machine.beginAppRequest()
      case .call where machine.state.canBegin(.call):
        machine.beginCall(.keepAlive)
      case .lastCall where machine.state.canBegin(.call):
        machine.beginCall(.close)
      case .appRequest, .call, .lastCall:
        break
      case .requestEnded:
        _ = machine.requestEnded()
      case .full:
        machine.setBuffer(.full)
      case .hasRoom:
        machine.setBuffer(.hasRoom)
      case .fault:
        _ = machine.receiveFault()
      case .reportFault:
        _ = machine.reportFault()
      case .stalled:
        machine.requestStalled()
      case .appResponseEnded:
        machine.appResponseEnded()
      case .callResponseEnded:
        _ = machine.callResponseEnded()
      case .lastResponseLeft:
        _ = machine.lastResponseLeft()
      case .abandoned:
        machine.callAbandoned()
      }
    }
  }

  /// The states that a new channel can come to, with at most two requests that the app has to answer.
  private static var reachableStates: Set<State> {
    var states: Set<State> = [ChannelStateMachine().state]
    var pending = Array(states)
    while let state = pending.popLast() {
      for event in Event.allCases {
        var machine = ChannelStateMachine(state)
        event.apply(to: &machine)
        if machine.state.appRequests <= 2, states.insert(machine.state).inserted {
          pending.append(machine.state)
        }
      }
    }
    return states
  }

  @Test("Every state can be reached")
  func reachable() {
    let states = Self.reachableStates
    #expect(states == Set(State.allCases))
  }

  @Test(
    "A connection that ends answers no further request, and takes none",
    arguments: State.allCases
  )
  func ending(state: State) {
    guard state.isConnectionEnding else { return }
    for event in Event.allCases {
      var machine = ChannelStateMachine(state)
      event.apply(to: &machine)
      #expect(machine.state.isConnectionEnding, "\(event)")
      #expect(!machine.state.canBegin(.app) && !machine.state.canBegin(.call), "\(event)")
      #expect(machine.state.destination == .nowhere, "\(event)")
      #expect(machine.state.persistence == .close, "\(event)")
    }
  }

  @Test(
    "No request begins while a call is being answered, and none of the app's is left",
    arguments: State.allCases
  )
  func answering(state: State) {
    guard state.isAnsweringCall else { return }
    #expect(!state.canBegin(.app) && !state.canBegin(.call))
    #expect(state.appRequests == 0)
    var machine = ChannelStateMachine(state)
    _ = machine.callResponseEnded()
    #expect(!machine.state.isAnsweringCall)
    machine = ChannelStateMachine(state)
    machine.callAbandoned()
    #expect(!machine.state.isAnsweringCall)
  }

  @Test("Bytes that aren't HTTP have a consequence once", arguments: State.allCases)
  func faults(state: State) {
    var machine = ChannelStateMachine(state)
    let action = machine.receiveFault()
    switch action {
    case .holdError:
      // The caller holds the error and doesn't report another.
      #expect(machine.state == state)
    case .failCall, .closeLingering, .reportError, .ignore:
      let second = machine.receiveFault()
      #expect(second == .ignore)
    }
  }

  @Test("A channel always comes to rest when responses and requests end", arguments: State.allCases)
  func comesToRest(state: State) {
    var machine = ChannelStateMachine(state)
    for event in [Event.hasRoom, .callResponseEnded, .lastResponseLeft, .requestEnded] {
      event.apply(to: &machine)
    }
    #expect(machine.state.awaitingRestOfRequest == .nothing)
    #expect(machine.state.canRead)
    switch machine.state {
    case .idle, .lingering, .faulty:
      break
    default:
      Issue.record("\(state) comes to \(machine.state)")
    }
  }

  @Test(
    "Only a call without room, or a malformed request, keeps the connection from being read",
    arguments: State.allCases
  )
  func reading(state: State) {
    switch state {
    case .receivingCall(let call), .answeringCall(let call):
      #expect(state.canRead == (call.buffer == .hasRoom))
    case .answeringLastCall(let fault):
      #expect(state.canRead == (fault == .stalled))
    default:
      #expect(state.canRead)
    }
  }
}

extension ChannelStateMachine.State: CaseIterable {
  /// All states, with at most two requests that the app has to answer.
  static var allCases: [Self] {
    let calls = ChannelStateMachine.Persistence.allCases.flatMap { persistence in
      ChannelStateMachine.Buffer.allCases.map { buffer in
        ChannelStateMachine.Call(persistence: persistence, buffer: buffer)
      }
    }
    let counted = (0 ... 2).flatMap { count in
      [
        Self.idle(appRequests: count), .receivingAppRequest(appRequests: count),
        .faulty(appRequests: count),
      ]
    }
    let ofCalls = calls.flatMap { [Self.receivingCall($0), .answeringCall($0)] }
    let ofFaults = ChannelStateMachine.Fault.allCases.map { Self.answeringLastCall($0) }
    let ofEnds = ChannelStateMachine.LastRequest.allCases.map { Self.ending($0) }
    return counted + ofCalls + ofFaults + ofEnds
      + [.discardingRequest, .awaitingRequestEnd, .lingering]
  }
}
