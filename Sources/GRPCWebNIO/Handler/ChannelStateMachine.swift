#if NIO
/// The order of the requests and responses of one HTTP channel: a state machine without I/O.
///
/// Some requests are the app's to answer and some are calls; neither side knows of the other's. Responses leave in the
/// order of the requests, also where a client sends requests before the ones before them have been answered
/// ("Pipelining", RFC 9112, section 9.3.2). The app orders its own responses.
///
/// A channel that goes on:
///
///                            head of a request of the app's
///                          ┌────────────── idle ◄────────────┬──────────────────┐
///                          ▼                ▲ │              │                  │ end of
///                 receivingAppRequest ──────┘ │ head         │ end of           │ request
///                           end of request    │ of a call    │ response         │
///                                             ▼              │                  │
///                                       receivingCall ──► answeringCall         │
///                                             │   end of request                │
///                                             └──────────────────────► discardingRequest
///                                                end of response
///
/// A connection ends behind a call whose client wants that, behind a call whose request is stalled, and at bytes that
/// aren't HTTP:
///
///                        end of response                      response has left
///     receivingCall ───────────────────────► ending(receiving) ─────────────────► awaitingRequestEnd
///        │                                           │ end of request                   │ end of request
///        │ stalled, or not HTTP                      ▼                                  ▼
///        └─────► answeringLastCall ─────────► ending(received) ─────────────────────► lingering
///                             end of response        ▲        response has left         ▲
///     answeringCall ─────────────────────────────────┘                                  │
///                        end of response                                                │
///     discardingRequest ────────────────────────────────────────────────────────────────┘
///                        not HTTP
///     idle, receivingAppRequest ───────────► faulty
///                                  not HTTP
///
/// A call that is cancelled, as its client has gone, leaves the machine in the state behind the end of its response.
///
/// An HTTP/2 stream has one request and ends by HTTP/2's own means, so that it never comes to the second picture.
struct ChannelStateMachine {
  private(set) var state: State

  /// Starts with a channel on which nothing has come, or in another state.
  init(_ state: State = .idle(appRequests: 0)) {
    self.state = state
  }

  // The request

  /// Notes the head of a request of the app's, which can begin.
  mutating func beginAppRequest() {
    self.state = .receivingAppRequest(appRequests: self.state.appRequests + 1)
  }

  /// Notes the head of the request of a call, which can begin.
  mutating func beginCall(_ persistence: Persistence) {
    self.state = .receivingCall(Call(persistence: persistence))
  }

  /// What to do at the end of a request.
  enum RequestEndAction: Hashable {
    /// Hand the end on.
    case forward(to: Destination)
    /// Close this side of the connection, whose last response has left.
    case closeLingering
  }

  /// Notes the end of a request.
  mutating func requestEnded() -> RequestEndAction {
    let destination = self.state.destination
    switch self.state {
    case .receivingAppRequest(let appRequests):
      self.state = .idle(appRequests: appRequests)
    case .receivingCall(let call):
      self.state = .answeringCall(call)
    case .discardingRequest:
      self.state = .idle(appRequests: 0)
    case .ending:
      self.state = .ending(.received)
    case .awaitingRequestEnd:
      self.state = .lingering
      return .closeLingering
    case .idle, .answeringCall, .answeringLastCall, .lingering, .faulty:
      break
    }
    return .forward(to: destination)
  }

  /// Notes whether the call takes more of its request.
  mutating func setBuffer(_ buffer: Buffer) {
    switch self.state {
    case .receivingCall(var call):
      call.buffer = buffer
      self.state = .receivingCall(call)
    case .answeringCall(var call):
      call.buffer = buffer
      self.state = .answeringCall(call)
    case .idle, .receivingAppRequest, .discardingRequest, .answeringLastCall, .ending,
      .awaitingRequestEnd, .lingering, .faulty:
      break
    }
  }

  // Faults

  /// What to do about bytes that aren't HTTP.
  enum FaultAction: Hashable {
    /// Fail the call in whose request they are.
    case failCall
    /// Close this side of the connection: the request that they are in has been answered.
    case closeLingering
    /// Hold the error until all calls before it have been answered, then report it: see
    /// ``ChannelStateMachine/reportFault()``.
    case holdError
    /// Report the error to the app, within whose request they are.
    case reportError
    /// Ignore it: the connection ends already.
    case ignore
  }

  /// Notes bytes that aren't HTTP.
  ///
  /// Requests before them are answered (RFC 9112, section 9.3.2).
  mutating func receiveFault() -> FaultAction {
    switch self.state {
    case .receivingCall:
      self.state = .answeringLastCall(.malformed)
      return .failCall
    case .discardingRequest:
      self.state = .lingering
      return .closeLingering
    case .receivingAppRequest(let appRequests):
      self.state = .faulty(appRequests: appRequests)
      return .reportError
    case .idle, .answeringCall:
      return .holdError
    case .answeringLastCall, .ending, .awaitingRequestEnd, .lingering, .faulty:
      return .ignore
    }
  }

  /// Notes that an error is reported to the app, if that can be done now.
  ///
  /// - Returns: Whether it can: no call is being answered.
  mutating func reportFault() -> Bool {
    guard case .idle(let appRequests) = self.state else { return false }
    self.state = .faulty(appRequests: appRequests)
    return true
  }

  /// Notes that the rest of a call's request doesn't come, so that no other can begin on the connection.
  mutating func requestStalled() {
    if case .receivingCall = self.state {
      self.state = .answeringLastCall(.stalled)
    }
  }

  // The response

  /// Notes the end of one of the app's responses.
  ///
  /// A response that answers no request is the app's own mistake, and has no effect.
  mutating func appResponseEnded() {
    switch self.state {
    case .idle(let appRequests):
      self.state = .idle(appRequests: max(0, appRequests - 1))
    case .receivingAppRequest(let appRequests):
      self.state = .receivingAppRequest(appRequests: max(0, appRequests - 1))
    case .faulty(let appRequests):
      self.state = .faulty(appRequests: max(0, appRequests - 1))
    case .receivingCall, .answeringCall, .discardingRequest, .answeringLastCall, .ending,
      .awaitingRequestEnd, .lingering:
      break
    }
  }

  /// Notes the end of a call's response, which is written next.
  ///
  /// - Returns: Whether the connection goes on. If not, ``lastResponseLeft()`` is to be called when the end of the
  ///   response has left this process.
  mutating func callResponseEnded() -> Persistence {
    let persistence = self.state.persistence
    switch (self.state, persistence) {
    case (.receivingCall, .keepAlive):
      self.state = .discardingRequest
    case (.receivingCall, .close):
      self.state = .ending(.receiving)
    case (.answeringCall, .keepAlive):
      self.state = .idle(appRequests: 0)
    case (.answeringCall, .close), (.answeringLastCall, _):
      self.state = .ending(.received)
    case (.idle, _), (.receivingAppRequest, _), (.discardingRequest, _), (.ending, _),
      (.awaitingRequestEnd, _), (.lingering, _), (.faulty, _):
      break
    }
    return persistence
  }

  /// Notes that the end of the last response has left this process.
  ///
  /// - Returns: Whether to close this side of the connection.
  mutating func lastResponseLeft() -> Bool {
    switch self.state {
    case .ending(.receiving):
      self.state = .awaitingRequestEnd
      return false
    case .ending(.received):
      self.state = .lingering
      return true
    case .idle, .receivingAppRequest, .receivingCall, .answeringCall, .discardingRequest,
      .answeringLastCall, .awaitingRequestEnd, .lingering, .faulty:
      return false
    }
  }

  /// Notes that the client of the call has gone, so that the call isn't answered.
  mutating func callAbandoned() {
    switch self.state {
    case .receivingCall:
      self.state = .discardingRequest
    case .answeringCall:
      self.state = .idle(appRequests: 0)
    case .answeringLastCall:
      self.state = .lingering
    case .idle, .receivingAppRequest, .discardingRequest, .ending, .awaitingRequestEnd, .lingering,
      .faulty:
      break
    }
  }
}
#endif
