internal import GRPCCore
internal import HTTPTypes
internal import NIOCore

/// One call on the client: a state machine without I/O.
///
/// A shell feeds it with what happens (parts that the client writes, the head and the bytes of the
/// response, a transport that fails) and sends what it hands out. Whatever fails first decides the
/// error; nothing after that changes it.
@available(GRPCWeb 1.0, *)
struct ClientCallStateMachine: Sendable {
  private var request: RequestEncoder
  private var response: ResponseDecoder
  private let maximumQueuedRequestBytes: Int
  private let maximumBufferedResponseBytes: Int
  private let url: BaseURL
  private(set) var failure: RPCError?
  /// The status that the client has read, once it has, where somebody else wants to know.
  private var status: Status?
  /// Who, or what, decided how the call ended.
  private var end = GRPCWebCallRecord.End.service
  private let countsMessages: Bool
  /// Whether the client has read all that has been received.
  private var needsMore = true

  /// Starts a call.
  ///
  /// - Parameters:
  ///   - call: What is settled of it.
  ///   - countsMessages: Whether messages are counted, and ``outcome`` is wanted.
  init(call: ClientCallOptions, countsMessages: Bool = false) {
    self.countsMessages = countsMessages
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

  /// Ends the call with an error, unless it has ended.
  ///
  /// - Parameters:
  ///   - error: The error.
  ///   - end: Who, or what, it comes from.
  mutating func fail(_ error: RPCError, by end: GRPCWebCallRecord.End) {
    guard self.failure == nil && !self.response.isEnded else { return }
    self.failure = error
    self.end = end
  }

  /// What has become of the call, once it has ended.
  var outcome: ClientCallOutcome? {
    guard self.isEnded, let status = self.failure.map({ Status($0) }) ?? self.status else {
      return nil
    }
    return ClientCallOutcome(
      status: status,
      end: self.end,
      received: self.response.received ?? GRPCWebCallRecord.Messages(),
      sent: self.request.sent ?? GRPCWebCallRecord.Messages(),
      responseEncoding: self.response.encoding
    )
  }

  /// Whether nothing of the request or the response matters any more.
  var isEnded: Bool {
    self.failure != nil || self.response.isEnded
  }

  // The request

  /// Writes a part of the request.
  ///
  /// - Throws: The error that the call failed with; a part that can't be sent fails it.
  mutating func write(_ part: RPCRequestPart<GRPCWebMessage>) throws(RPCError) {
    if let failure = self.failure {
      throw failure
    }
    // What is written to a call that has been answered has nowhere to go. Its writer must not go on
    // as if it had.
    guard !self.response.isEnded else {
      throw RPCError(code: .cancelled, message: "The call has been answered.")
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

  /// Whether the request can be sent, or never will be.
  var isStarted: Bool {
    self.request.canStart || self.isEnded
  }

  /// The head of the request, as soon as the request can be sent.
  var requestHead: HTTPRequest? {
    self.request.canStart ? self.request.head : nil
  }

  /// Whether the whole request has been written, and what is queued is its end.
  var isRequestFinished: Bool {
    self.request.isFinished
  }

  /// Whether a writer may go on, or is to wait until what it wrote has been taken.
  var isWritable: Bool {
    // A request that is sent as a whole is kept as a whole.
    self.request.queuedBytes < self.maximumQueuedRequestBytes || !self.isStarted || self.isEnded
  }

  /// Whether there is something of the request's body to send, or no more of it to wait for.
  var hasRequestBody: Bool {
    self.request.queuedBytes > 0 || self.request.isFinished || self.isEnded
  }

  /// Takes what is queued of the request's body.
  mutating func takeRequestBody() -> [ByteBuffer] {
    self.request.takeBody()
  }

  // The response

  /// Takes the head of the response.
  mutating func receive(_ response: HTTPResponse) {
    self.response.receive(response)
    self.needsMore = false
  }

  /// Takes bytes of the response's body.
  mutating func receive(_ bytes: ByteBuffer) {
    self.response.receive(bytes)
    self.needsMore = false
  }

  /// Takes the end of the response's body.
  mutating func receiveEnd() {
    self.response.receiveEnd()
    self.needsMore = false
  }

  /// Whether more of the response may be received, or is to wait until what came has been read.
  var wantsResponse: Bool {
    // A message may be larger than what may wait.
    self.response.bufferedBytes < self.maximumBufferedResponseBytes || !self.response.hasWholeFrame
      || self.isEnded
  }

  /// Whether there may be something for the client to read.
  var hasResponse: Bool {
    !self.needsMore || self.isEnded
  }

  /// Takes what comes next for the client to read.
  ///
  /// - Throws: The error that the call failed with; a fault in the response fails it.
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
        if let response = self.response.foreignResponse {
          let explained = status.explained(
            response,
            to: self.request.head,
            peer: self.url.peer
          )
          self.note(explained, by: .badResponse)
          return .part(.status(explained, metadata))
        }
        self.note(status, by: .service)
      case .part, .end:
        break
      }
      return event
    } catch {
      self.failure = error
      self.end = error.code == .resourceExhausted ? .limit : .badResponse
      throw error
    }
  }

  /// Keeps the status that the client reads.
  private mutating func note(_ status: Status, by end: GRPCWebCallRecord.End) {
    guard self.countsMessages else { return }
    self.status = status
    self.end = end
  }
}
