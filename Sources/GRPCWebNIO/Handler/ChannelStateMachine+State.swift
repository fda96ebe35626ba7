#if NIO
extension ChannelStateMachine {
  /// A call, or a request that the server answers without one.
  struct Call: Hashable {
    var persistence: Persistence
    var buffer = Buffer.hasRoom
  }

  /// Whether a connection goes on behind a response (RFC 9112, section 9.3).
  enum Persistence: Hashable, CaseIterable {
    case keepAlive
    case close
  }

  /// Whether a call takes more of its request.
  enum Buffer: Hashable, CaseIterable {
    case hasRoom
    case full
  }

  /// What is wrong with the request of a call.
  enum Fault: Hashable, CaseIterable {
    /// Its rest doesn't come.
    case stalled
    /// Bytes within it aren't HTTP.
    case malformed
  }

  /// How far the last request of a connection has come.
  enum LastRequest: Hashable, CaseIterable {
    case receiving
    case received
  }

  /// Who answers a request.
  enum Recipient: Hashable, CaseIterable {
    case app
    /// A call, or the server without one.
    case call
  }

  /// Where a part of a request goes.
  enum Destination: Hashable {
    case app
    case call
    case nowhere
  }

  /// What waits for the rest of a request.
  enum Awaiting: Hashable {
    case nothing
    /// The call does.
    case call
    /// The connection does: another request can begin, or the connection can be closed, only behind this one.
    case connection
  }

  /// How far the requests and responses of a channel have come.
  enum State: Hashable {
    /// Between two requests; no call is being answered. The app has so many requests to answer.
    case idle(appRequests: Int)
    /// A request of the app's is being received. The app has so many requests to answer: this one may have its response
    /// already.
    case receivingAppRequest(appRequests: Int)
    /// The request of a call is being received; the response may have begun.
    case receivingCall(Call)
    /// The request of a call has been received, and the response hasn't ended.
    case answeringCall(Call)
    /// A call's response has ended before its request, whose rest is dropped.
    case discardingRequest

    /// The request of a call was given up, and the response that says so hasn't ended. What comes is dropped.
    case answeringLastCall(Fault)
    /// The end of the last response has been written and hasn't left this process. What comes is dropped.
    case ending(LastRequest)
    /// The last response has left. The end of its request is awaited, all else that comes is dropped.
    case awaitingRequestEnd
    /// This side of the connection is closed, the client's is awaited. What comes is dropped.
    case lingering
    /// The app has been given an error for what came, and ends the connection. What comes is dropped.
    case faulty(appRequests: Int)
  }
}

extension ChannelStateMachine.State {
  /// Returns whether a request can go to its recipient now; else it has to wait.
  func canBegin(_ recipient: ChannelStateMachine.Recipient) -> Bool {
    switch self {
    case .idle(let appRequests), .receivingAppRequest(let appRequests):
      return recipient == .app || appRequests == 0
    case .discardingRequest:
      return true
    case .receivingCall, .answeringCall, .answeringLastCall, .ending, .awaitingRequestEnd,
      .lingering, .faulty:
      return false
    }
  }

  /// Whether no further request is answered.
  var isConnectionEnding: Bool {
    switch self {
    case .answeringLastCall, .ending, .awaitingRequestEnd, .lingering, .faulty:
      return true
    case .idle, .receivingAppRequest, .receivingCall, .answeringCall, .discardingRequest:
      return false
    }
  }

  /// Where parts of a request's body go.
  ///
  /// A part outside a request is the app's to refuse.
  var destination: ChannelStateMachine.Destination {
    switch self {
    case .idle, .receivingAppRequest, .answeringCall:
      return .app
    case .receivingCall:
      return .call
    case .discardingRequest, .answeringLastCall, .ending, .awaitingRequestEnd, .lingering, .faulty:
      return .nowhere
    }
  }

  /// Whether what the connection brings next can be taken.
  var canRead: Bool {
    switch self {
    case .receivingCall(let call), .answeringCall(let call):
      return call.buffer == .hasRoom
    case .answeringLastCall(let fault):
      // Nothing behind bytes that aren't HTTP can be understood.
      return fault != .malformed
    case .idle, .receivingAppRequest, .discardingRequest, .ending, .awaitingRequestEnd, .lingering,
      .faulty:
      return true
    }
  }

  /// What waits for the rest of the request that has begun; the app's own requests are the app's to await.
  var awaitingRestOfRequest: ChannelStateMachine.Awaiting {
    switch self {
    case .receivingCall(let call):
      return call.buffer == .hasRoom ? .call : .nothing
    case .discardingRequest, .ending(.receiving), .awaitingRequestEnd:
      return .connection
    case .idle, .receivingAppRequest, .answeringCall, .answeringLastCall, .ending(.received),
      .lingering, .faulty:
      return .nothing
    }
  }

  /// How many requests the app has to answer.
  var appRequests: Int {
    switch self {
    case .idle(let count), .receivingAppRequest(let count), .faulty(let count):
      return count
    case .receivingCall, .answeringCall, .discardingRequest, .answeringLastCall, .ending,
      .awaitingRequestEnd, .lingering:
      return 0
    }
  }

  /// Whether the response that comes next is that of a call, or of the server without one.
  var isAnsweringCall: Bool {
    switch self {
    case .receivingCall, .answeringCall, .answeringLastCall:
      return true
    case .idle, .receivingAppRequest, .discardingRequest, .ending, .awaitingRequestEnd, .lingering,
      .faulty:
      return false
    }
  }

  /// Whether a connection goes on behind the call's response.
  var persistence: ChannelStateMachine.Persistence {
    switch self {
    case .receivingCall(let call), .answeringCall(let call):
      return call.persistence
    case .idle, .receivingAppRequest, .discardingRequest:
      return .keepAlive
    case .answeringLastCall, .ending, .awaitingRequestEnd, .lingering, .faulty:
      return .close
    }
  }
}
#endif
