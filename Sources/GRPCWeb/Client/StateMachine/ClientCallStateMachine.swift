internal import GRPCCore
internal import HTTPTypes
internal import NIOCore

/// One call on the client: a state machine without I/O.
///
/// The state machine receives events (parts that the client writes, the head and the bytes of the
/// response, a failure of the transport) and returns what to send and what the client reads. The
/// first failure decides the error of the call; nothing after it changes that error.
///
///     running ──nextResponseEvent() returns the status──▶ answered
///        │
///        └──fail(_:by:), or write(_:) or nextResponseEvent() throws──▶ failed
///
///     running    The client writes the request and reads the response, each of which has states of its own:
///                ``RequestEncoder`` and ``ResponseDecoder``.
///     answered   The client has read the status. The rest of the request isn't sent any more.
///     failed     Writing and reading throw the error of the call.
@available(GRPCWeb 1.0, *)
struct ClientCallStateMachine: Sendable {
  private enum State {
    /// The client hasn't read the end of the response.
    case running
    /// The client has read the status.
    case answered(Status, GRPCWebCallRecord.End)
    /// The call has failed before the client read a status.
    case failed(RPCError, GRPCWebCallRecord.End)
  }

  private var request: RequestEncoder
  private var response: ResponseDecoder
  private let maximumQueuedRequestBytes: Int
  private let maximumBufferedResponseBytes: Int
  private let url: BaseURL
  private var state = State.running
  /// Whether the client has read everything received.
  private var needsMore = true

  /// Creates the state machine of a call.
  ///
  /// - Parameters:
  ///   - call: The properties of the call.
  ///   - countsMessages: Whether messages are counted, as ``outcome`` needs.
  init(call: ClientCallOptions, countsMessages: Bool = false) {
    self.request = RequestEncoder(call: call, countsMessages: countsMessages)
    self.response = ResponseDecoder(
      isStreaming: call.isResponseStreaming,
      maximumMessageSize: call.maximumResponseMessageSize,
      countsMessages: countsMessages
    )
    self.maximumQueuedRequestBytes = call.maximumQueuedRequestBytes
    self.maximumBufferedResponseBytes = call.maximumBufferedResponseBytes
    self.url = call.url
  }

  /// Ends the call with an error, unless the call has ended.
  ///
  /// - Parameters:
  ///   - error: The error.
  ///   - end: The origin of the error.
  mutating func fail(_ error: RPCError, by end: GRPCWebCallRecord.End) {
    guard case .running = self.state else { return }
    self.state = .failed(error, end)
  }

  /// The outcome of the call, or `nil` until the call has ended.
  var outcome: ClientCallOutcome? {
    let status: Status
    let end: GRPCWebCallRecord.End
    switch self.state {
    case .running:
      return nil
    case .answered(let read, let origin):
      (status, end) = (read, origin)
    case .failed(let error, let origin):
      (status, end) = (Status(error), origin)
    }
    return ClientCallOutcome(
      status: status,
      end: end,
      received: self.response.received ?? GRPCWebCallRecord.Messages(),
      sent: self.request.sent ?? GRPCWebCallRecord.Messages(),
      responseEncoding: self.response.encoding
    )
  }

  /// Whether the call has ended, so that neither its request nor its response matters any more.
  var isEnded: Bool {
    if case .running = self.state { false } else { true }
  }

  /// The error that the call failed with, or `nil` while the call runs and after it was answered.
  var failure: RPCError? {
    guard case .failed(let error, _) = self.state else { return nil }
    return error
  }

  // The request

  /// Writes a part of the request.
  ///
  /// - Throws: The error that the call failed with. A part that can't be sent fails the call.
  mutating func write(_ part: RPCRequestPart<GRPCWebMessage>) throws(RPCError) {
    switch self.state {
    case .running:
      break
    case .answered:
      // After the end of the response nothing more can be sent. The writer gets an error, so that it
      // stops.
      throw RPCError(code: .cancelled, message: "The call has been answered.")
    case .failed(let error, _):
      throw error
    }

    do throws(RPCError) {
      switch part {
      case .metadata(let metadata):
        try self.request.write(metadata)
      case .message(let message):
        try self.request.write(message)
      }
    } catch {
      self.fail(error, by: error.code == .resourceExhausted ? .limit : .client)
      throw error
    }
  }

  /// Ends the request.
  mutating func finishRequest() {
    self.request.finish()
  }

  /// Whether the request can be sent, or never will be because the call has ended.
  var isStarted: Bool {
    self.request.canStart || self.isEnded
  }

  /// The head of the request, or `nil` until the request can be sent.
  var requestHead: HTTPRequest? {
    self.request.canStart ? self.request.head : nil
  }

  /// Whether the client has ended the request, so that the bytes queued are its last.
  var isRequestFinished: Bool {
    self.request.isFinished
  }

  /// Whether a writer may continue, rather than wait until queued bytes have been sent.
  var isWritable: Bool {
    // A request that is sent as a whole is queued as a whole.
    self.request.queuedBytes < self.maximumQueuedRequestBytes || !self.isStarted || self.isEnded
  }

  /// Whether bytes of the request's body are queued, or no more will be.
  var hasRequestBody: Bool {
    self.request.queuedBytes > 0 || self.request.isFinished || self.isEnded
  }

  /// Removes and returns the bytes of the request's body that are queued.
  mutating func takeRequestBody() -> [ByteBuffer] {
    self.request.takeBody()
  }

  // The response

  /// Receives the head of the response.
  mutating func receive(_ response: HTTPResponse) {
    self.response.receive(response)
    self.needsMore = false
  }

  /// Receives bytes of the response's body.
  mutating func receive(_ bytes: ByteBuffer) {
    self.response.receive(bytes)
    self.needsMore = false
  }

  /// Receives the end of the response's body.
  mutating func receiveEnd() {
    self.response.receiveEnd()
    self.needsMore = false
  }

  /// Whether more of the response should be received, rather than wait until the client has read
  /// what is buffered.
  var wantsResponse: Bool {
    // A message larger than the limit on buffered bytes must still be received to its end.
    self.response.bufferedBytes < self.maximumBufferedResponseBytes || !self.response.hasWholeFrame
      || self.isEnded
  }

  /// Whether an event for the client may be available.
  var hasResponse: Bool {
    !self.needsMore || self.isEnded
  }

  /// Returns the next event for the client.
  ///
  /// - Throws: The error that the call failed with. A fault in the response fails the call.
  mutating func nextResponseEvent() throws(RPCError) -> ResponseDecoder.Event {
    if let failure = self.failure {
      throw failure
    }
    do throws(RPCError) {
      let event = try self.response.next()
      switch event {
      case .needsBytes:
        self.needsMore = true
      case .part(.status(let status, let metadata)):
        guard let response = self.response.foreignResponse else {
          self.state = .answered(status, .service)
          break
        }
        let explained = status.explained(response, to: self.request.head, peer: self.url.peer)
        self.state = .answered(explained, .badResponse)
        return .part(.status(explained, metadata))
      case .part, .end:
        break
      }
      return event
    } catch {
      self.state = .failed(error, error.code == .resourceExhausted ? .limit : .badResponse)
      throw error
    }
  }
}
