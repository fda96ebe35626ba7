#if NIO
/// The order of the requests of one connection, which is that of their responses.
///
/// HTTP/1.1 allows a client to send a request before the one before it has been answered
/// ("Pipelining", RFC 9112, section 9.3.2). Some of the requests are the app's to answer and some are
/// calls; neither knows of the other's. This is where both are: it tells whose a part of a request is,
/// and which request has to wait because a response before its own hasn't ended.
///
/// An HTTP/2 stream has one request, for which nothing has to wait.
struct RequestOrder: Hashable {
  /// Who answers a request.
  enum Recipient: Hashable {
    /// The app.
    case app
    /// A call, or this server without one.
    case call
  }

  /// Where the parts of a request go.
  enum Destination: Hashable {
    /// On to the app.
    case app
    /// Into the call.
    case call
    /// Nowhere: it has been answered without them.
    case nowhere
  }

  /// Where the parts go that come next; `nil` between two requests.
  private(set) var destination: Destination?

  /// How many requests the app hasn't answered to their end.
  private(set) var appRequests = 0

  /// Whether a request that isn't the app's hasn't been answered to its end.
  private(set) var isAnswering = false

  /// Returns whether a request can be handed to its recipient now.
  ///
  /// The app takes requests while it answers others, and keeps their order itself.
  func canBegin(_ recipient: Recipient) -> Bool {
    !self.isAnswering && (recipient == .app || self.appRequests == 0)
  }

  /// Notes the head of a request, which can be handed to its recipient.
  mutating func begin(_ recipient: Recipient) {
    switch recipient {
    case .app:
      self.destination = .app
      self.appRequests += 1
    case .call:
      self.destination = .call
      self.isAnswering = true
    }
  }

  /// Notes the end of the request whose parts have come.
  mutating func requestEnded() {
    self.destination = nil
  }

  /// Notes the end of one of the app's responses.
  mutating func appResponseEnded() {
    // An app that answers what nobody asked does so at its own risk.
    self.appRequests = max(0, self.appRequests - 1)
  }

  /// Notes the end of a response that wasn't the app's.
  ///
  /// What may still come of its request goes nowhere.
  mutating func responseEnded() {
    self.isAnswering = false
    if self.destination == .call {
      self.destination = .nowhere
    }
  }
}
#endif
