#if Hummingbird
internal import GRPCWebNIO
internal import NIOCore
internal import NIOHTTP1

/// The requests of one HTTP/1.1 connection that haven't been answered, and which of them is the last: a state
/// machine without I/O.
///
/// A request is the last of its connection
/// - when it offers an upgrade, or asks for a tunnel (`CONNECT`): SwiftNIO's decoder stops behind it. The server may
///   ignore the offer (RFC 9110, section 7.8), but the client's next request needs another connection;
/// - when its client speaks HTTP/1.0, to which the end of the connection is the end of a response of unknown length.
///
///           head of the          end of request              end of response
///     open ─────────────► last ───────────────► received ───────────────────► done
///           last request    │                                                   ▲
///                           └────────────────► answered ────────────────────────┘
///                            end of response              end of request
struct HTTP1Connection {
  /// A request that hasn't been answered to its end.
  private struct Request {
    /// Whether it is a gRPC-Web call.
    var isCall: Bool
  }

  private enum State {
    /// Another request may follow.
    case open
    /// The last request is being received, and its response hasn't ended.
    case last(HTTPVersion)
    /// The last request has been received, and its response hasn't ended.
    case received(HTTPVersion)
    /// The response to the last request has ended, and the request is still being received.
    case answered
    /// The last request and its response have ended.
    case done
  }

  /// An interim response that a client waits for before it sends a body.
  private enum Continue {
    /// No client waits.
    case none
    /// The client of the newest request waits; responses to requests before it come first.
    case owed
  }

  private var state = State.open
  private var unanswered = CircularBuffer<Request>(initialCapacity: 2)
  private var interim = Continue.none

  /// What to do with the head of a request.
  enum HeadAction: Hashable {
    /// Hand the head on.
    case handOn
    /// Hand the head on, and send a 100 (Continue).
    case handOnAndContinue
    /// Drop the head, as it comes behind the last request.
    case drop
  }

  /// Notes the head of a request.
  ///
  /// - Parameters:
  ///   - head: The head.
  ///   - isCall: Whether the request is a gRPC-Web call.
  ///   - expectsContinue: Whether the client waits for an interim response that is this connection's to send.
  mutating func requestBegan(
    _ head: HTTPRequestHead,
    isCall: Bool,
    expectsContinue: Bool
  ) -> HeadAction {
    guard case .open = self.state else { return .drop }
    self.unanswered.append(Request(isCall: isCall))
    if head.isLastOfConnection {
      self.state = .last(head.version)
    }
    guard expectsContinue && !head.version.isBefore1_1 else {
      self.interim = .none
      return .handOn
    }
    if self.unanswered.count == 1 {
      return .handOnAndContinue
    }
    self.interim = .owed
    return .handOn
  }

  /// Notes a part of a request's body.
  ///
  /// - Returns: Whether to hand the part on, and not to drop it.
  mutating func bodyCame() -> Bool {
    self.interim = .none
    return self.isReceiving
  }

  /// Notes the end of a request.
  ///
  /// - Returns: Whether to hand the end on, and not to drop it.
  mutating func requestEnded() -> Bool {
    self.interim = .none
    let isReceiving = self.isReceiving
    switch self.state {
    case .last(let version):
      self.state = .received(version)
    case .answered:
      self.state = .done
    case .open, .received, .done:
      break
    }
    return isReceiving
  }

  /// Whether parts that come belong to a request that was handed on.
  private var isReceiving: Bool {
    switch self.state {
    case .open, .last, .answered:
      return true
    case .received, .done:
      return false
    }
  }

  /// Whether more is to be read from the connection.
  ///
  /// Behind the last request SwiftNIO's decoder may buffer everything that comes, without bound.
  var wantsMore: Bool {
    self.isReceiving
  }

  /// The version of the request whose response comes next, if that is the last of the connection.
  var lastVersion: HTTPVersion? {
    switch self.state {
    case .last(let version), .received(let version):
      return self.unanswered.count == 1 ? version : nil
    case .open, .answered, .done:
      return nil
    }
  }

  /// Notes the head of a response that isn't an interim one.
  mutating func responseBegan() {
    if self.unanswered.count == 1 {
      // An interim response would now come in the midst of the final one.
      self.interim = .none
    }
  }

  /// What to do behind the end of a response.
  enum EndAction: Hashable {
    /// Do nothing.
    case none
    /// Send a 100 (Continue) to the client of the request that is answered next.
    case sendContinue
    /// Close the connection, once the response has left and ``isDone`` holds.
    case closeWhenWritten
  }

  /// Notes the end of a response.
  mutating func responseEnded() -> EndAction {
    let isLast = self.lastVersion != nil
    _ = self.unanswered.popFirst()
    if isLast {
      if case .received = self.state {
        self.state = .done
      } else {
        self.state = .answered
      }
      return .closeWhenWritten
    }
    if case .owed = self.interim, self.unanswered.count == 1 {
      self.interim = .none
      return .sendContinue
    }
    return .none
  }

  /// Whether the last request and its response have ended.
  var isDone: Bool {
    if case .done = self.state { return true }
    return false
  }

  /// Whether the response that is being sent, or is sent next, is a call's.
  var isAnsweringCall: Bool {
    self.unanswered.first?.isCall ?? false
  }
}

extension HTTPRequestHead {
  /// Whether no request can follow on the same connection.
  ///
  /// Any `upgrade` field counts as an offer, although SwiftNIO's decoder doesn't stop behind each: offers are rare.
  fileprivate var isLastOfConnection: Bool {
    self.version.isBefore1_1 || self.method == .CONNECT || self.headers.contains(name: "upgrade")
  }
}
#endif
