#if Hummingbird
internal import GRPCWebNIO
internal import NIOCore
internal import NIOHTTP1

/// The requests of one HTTP/1.1 connection that haven't been answered, and which of them is the last: a state
/// machine without I/O.
///
/// A request is the last of its connection
/// - when it offers an upgrade, or asks for a tunnel (`CONNECT`): behind it SwiftNIO's decoder leaves everything
///   to a protocol that nobody here speaks. The offer is as good as none (RFC 9110, section 7.8), but the
///   next request is one for another connection;
/// - when it is one of HTTP/1.0, to which the end of a response of unknown length is that of the connection.
struct HTTP1Connection {
  /// A request that hasn't been answered to its end.
  private struct Request {
    /// Whether it is a gRPC-Web call.
    var isCall: Bool
  }

  private enum State {
    /// Another request may follow.
    case open
    /// The last request has begun, and neither it nor its response has ended.
    case last(HTTPVersion)
    /// The last request has come to its end, its response hasn't.
    case received(HTTPVersion)
    /// The response to the last request has ended, the request hasn't.
    case answered
    /// The last request and its response have ended.
    case done
  }

  /// An interim response that a client waits for before it sends a body.
  private enum Continue {
    /// Nobody waits.
    case none
    /// The client of the newest request does, behind responses to those before it.
    case owed
  }

  private var state = State.open
  private var unanswered = CircularBuffer<Request>(initialCapacity: 2)
  private var interim = Continue.none

  /// What to do with the head of a request.
  enum HeadAction: Hashable {
    /// To hand it on.
    case handOn
    /// To hand it on, and to tell the client that the body is wanted.
    case handOnAndContinue
    /// To drop it, as it comes behind the last request.
    case drop
  }

  /// Notes the head of a request.
  ///
  /// - Parameters:
  ///   - head: The head.
  ///   - isCall: Whether it is that of a gRPC-Web call.
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
  /// - Returns: Whether to hand it on; else it is to be dropped.
  mutating func bodyCame() -> Bool {
    self.interim = .none
    return self.isReceiving
  }

  /// Notes the end of a request.
  ///
  /// - Returns: Whether to hand it on; else it is to be dropped.
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

  /// Whether what comes belongs to a request that was handed on.
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
  /// Behind the last request SwiftNIO's decoder may keep all that comes, without bound.
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
      // Too late: it would come in the midst of the response.
      self.interim = .none
    }
  }

  /// What to do behind the end of a response.
  enum EndAction: Hashable {
    /// Nothing.
    case none
    /// To tell the client of the request that is now the first that its body is wanted.
    case sendContinue
    /// To close the connection, once the response has been written and ``isDone`` holds.
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

  /// Whether the response that is being sent, or comes next, is that of a call.
  var isAnsweringCall: Bool {
    self.unanswered.first?.isCall ?? false
  }
}

extension HTTPRequestHead {
  /// Whether no request can follow on the same connection.
  ///
  /// Any field of that name counts as an offer: it is for the decoder to say which stop it, and an offer is rare.
  fileprivate var isLastOfConnection: Bool {
    self.version.isBefore1_1 || self.method == .CONNECT || self.headers.contains(name: "upgrade")
  }
}
#endif
