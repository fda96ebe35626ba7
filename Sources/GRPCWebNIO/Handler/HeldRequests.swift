#if NIO
internal import NIOCore
internal import NIOHTTPTypes

/// Requests that wait for responses before their own, in order; perhaps an error behind them, for bytes that aren't HTTP.
struct HeldRequests {
  private var parts = CircularBuffer<HTTPRequestPart>(initialCapacity: 0)

  /// The error for what came behind the requests.
  private(set) var error: (any Error)?

  /// Whether a caller is taking the parts, one after another.
  private(set) var isBeingTaken = false

  /// Whether no request waits.
  var hasNoRequests: Bool {
    self.parts.isEmpty
  }

  /// Whether nothing waits.
  var isEmpty: Bool {
    self.parts.isEmpty && self.error == nil
  }

  /// Adds a part of a request.
  mutating func append(_ part: HTTPRequestPart) {
    self.parts.append(part)
  }

  /// Adds an error behind the requests.
  mutating func append(_ error: any Error) {
    self.error = error
  }

  /// Begins to take the parts; one caller may do so at a time.
  mutating func beginTaking() {
    self.isBeingTaken = true
  }

  /// Notes that the caller is done for now.
  mutating func endTaking() {
    self.isBeingTaken = false
  }

  /// Removes and returns the first part.
  mutating func popFirst() -> HTTPRequestPart? {
    self.parts.popFirst()
  }

  /// Puts a part back that can't be handed on yet.
  mutating func putBack(_ part: HTTPRequestPart) {
    self.parts.prepend(part)
  }

  /// Removes and returns the error.
  mutating func takeError() -> (any Error)? {
    self.error.take()
  }

  /// Drops everything.
  mutating func removeAll() {
    self.parts.removeAll()
    self.error = nil
  }
}
#endif
