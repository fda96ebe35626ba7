#if NIO
/// The requests in progress on an HTTP/1.1 connection, and whether the connection is to be closed: a state machine
/// without I/O.
///
///            shutdown begins           nothing is in progress
///      open ────────────────► draining ──────────────────────► closing
///                                 ▲                               │
///                                 └───────────────────────────────┘
///                                        another request begins
struct HTTP1Lifetime {
  enum State: Hashable {
    /// Requests may follow.
    case open
    /// Graceful shutdown has begun; the connection is closed when nothing is in progress.
    case draining(attempts: Int)
    /// Nothing is in progress; the connection is closed when all that has been written has left. This is the attempt
    /// of that number to close it.
    case closing(attempt: Int)
  }

  /// How far the newest request has come.
  private enum Request {
    case receiving
    case received
  }

  private(set) var state = State.open
  private var newestRequest = Request.received
  /// How many responses haven't ended; less than zero where some answered bytes that aren't HTTP, and no request.
  private var unanswered = 0

  /// Whether every request has been answered.
  var isIdle: Bool {
    self.unanswered <= 0
  }

  /// Whether the response that begins now is the last of the connection.
  var isLastResponse: Bool {
    self.state != .open && self.unanswered == 1
  }

  /// Notes the head of a request.
  mutating func requestBegan() {
    self.unanswered += 1
    self.newestRequest = .receiving
    if case .closing(let attempt) = self.state {
      self.state = .draining(attempts: attempt)
    }
  }

  /// Notes the end of a request.
  ///
  /// - Returns: The number of an attempt to close the connection, if that is to be done now.
  mutating func requestEnded() -> Int? {
    self.newestRequest = .received
    return self.closeIfDone()
  }

  /// Notes the end of a response.
  ///
  /// - Returns: As that of ``requestEnded()``.
  mutating func responseEnded() -> Int? {
    self.unanswered -= 1
    return self.closeIfDone()
  }

  /// Notes that graceful shutdown has begun.
  ///
  /// - Returns: As that of ``requestEnded()``.
  mutating func shutdownBegan() -> Int? {
    if case .open = self.state {
      self.state = .draining(attempts: 0)
    }
    return self.closeIfDone()
  }

  /// Begins to close the connection when nothing is in progress.
  ///
  /// A request that has been answered is in progress until its end: the system resets a connection that is closed
  /// with something unread, and the response may not arrive.
  private mutating func closeIfDone() -> Int? {
    guard self.isIdle, self.newestRequest == .received else { return nil }
    switch self.state {
    case .open:
      return nil
    case .draining(let attempts), .closing(let attempts):
      self.state = .closing(attempt: attempts + 1)
      return attempts + 1
    }
  }
}
#endif
