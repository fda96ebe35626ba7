internal import GRPCCore
internal import NIOCore

/// One call on the server: a state machine without I/O.
///
/// The state machine receives events (bytes of the request, parts that the service writes, a deadline that passes, a
/// client that goes away) and returns what the service reads and what to send. The first failure decides the status of
/// the call; nothing after it changes that status.
///
/// The state of a call is that of its response, which ``ResponseEncoder`` has:
///
///     idle ──metadata──▶ open ──status──▶ ended ──takeOutput()──▶ drained
///       │                 │ ▲ │             ▲
///       │                 └─┘ │             │
///       │               message             │
///       └───────────── fail(_:by:) ─────────┘
///
///     idle, open   The service reads the request and writes the response. The first message or the status may come
///                  without metadata. What a method that answers with one message writes is held back.
///     ended        The call has a status, which the service wrote or a failure decided. The service can neither read
///                  nor write; its output is still to be taken.
///     drained      All output has been taken. A client that goes away from here on changes nothing.
///
/// The request has states of its own, in ``RequestDecoder`` and ``BodyDecoder``: it may end before or after the
/// response does. A fault in the request fails the call when the service reads that far.
@available(GRPCWeb 1.0, *)
struct ServerCallStateMachine: Sendable {
  private var request: RequestDecoder
  private var response: ResponseEncoder
  private let maximumQueuedBytes: Int
  /// The origin of the end of the call.
  private var end = GRPCWebCallRecord.End.service

  /// Creates the state machine of a call.
  ///
  /// A call that failed by its head has its whole response at once.
  init(call: GRPCWebCallHead, config: GRPCWebServer.Config) {
    let countsMessages = call.observed != nil
    self.request = RequestDecoder(
      mode: call.requestMode,
      isStreaming: call.method.type?.isRequestStreaming ?? true,
      maximumMessageSize: config.limits.maximumRequestMessageSize,
      countsMessages: countsMessages
    )
    self.response = ResponseEncoder(call: call, config: config, countsMessages: countsMessages)
    self.maximumQueuedBytes = config.limits.maximumQueuedResponseBytes

    if let failure = call.failure {
      self.fail(failure, by: call.failureEnd)
    }
  }

  // The request

  /// Receives bytes of the request's body.
  mutating func receive(_ bytes: ByteBuffer) {
    self.request.receive(bytes)
  }

  /// Receives the size of a message of the request, in bytes, that had to be decompressed.
  mutating func receiveInflatedSize(_ size: Int) {
    self.request.receiveInflatedSize(size)
  }

  /// Receives the end of the request's body.
  mutating func receiveEnd() {
    self.request.receiveEnd()
  }

  /// Returns the next event for the service to read.
  ///
  /// - Throws: The error that the call failed with. A fault in the request fails the call.
  mutating func nextRequestEvent() throws(RPCError) -> RequestDecoder.Event {
    if let status = self.response.status {
      throw RPCError(status: status)
        ?? RPCError(code: .internalError, message: "The call has ended.")
    }

    do throws(RPCError) {
      return try self.request.next()
    } catch {
      self.fail(error, by: .badRequest(error))
      throw error
    }
  }

  /// Whether ``nextRequestEvent()`` would return anything but `needsBytes`.
  var hasRequestEvent: Bool {
    self.request.hasEvent
  }

  /// The number of bytes of the request that the service hasn't read.
  var bufferedBytes: Int {
    self.request.bufferedBytes
  }

  /// Whether the client has to send the rest of a message.
  var isAwaitingRestOfMessage: Bool {
    self.response.status == nil && self.request.isAwaitingRestOfMessage
  }

  // The response

  /// Writes initial metadata.
  ///
  /// - Throws: The error that the call failed with. A part that can't be sent fails the call.
  mutating func write(_ metadata: Metadata) throws(RPCError) {
    do throws(RPCError) {
      try self.response.write(metadata)
    } catch {
      throw self.failed(error)
    }
  }

  /// Writes a message, of which a frame has been made.
  ///
  /// - Parameters:
  ///   - frame: The frame.
  ///   - messageSize: The size of the message, in bytes before compression.
  /// - Throws: The error that the call failed with. A part that can't be sent fails the call.
  mutating func write(frame: ByteBuffer, messageSize: Int) throws(RPCError) {
    do throws(RPCError) {
      try self.response.write(frame: frame, messageSize: messageSize)
    } catch {
      throw self.failed(error)
    }
  }

  /// Writes the status, which ends the response.
  ///
  /// - Throws: The error that the call failed with. A part that can't be sent fails the call.
  mutating func write(_ status: Status, _ metadata: Metadata) throws(RPCError) {
    do throws(RPCError) {
      try self.response.write(status, metadata)
    } catch {
      throw self.failed(error)
    }
  }

  private mutating func failed(_ error: RPCError) -> RPCError {
    self.fail(error, by: .service)
    return error
  }

  /// Ends the call with an error, unless it has ended: the deadline passed, the peer is gone, the
  /// server shuts down.
  ///
  /// - Parameters:
  ///   - error: The error.
  ///   - end: The origin of the error.
  mutating func fail(_ error: RPCError, by end: GRPCWebCallRecord.End) {
    guard self.response.status == nil else { return }
    self.end = end
    // Can't throw, as no status has been written.
    try? self.response.write(Status(error), error.metadata)
  }

  /// Ends the call because the client has gone: output that hasn't been taken will never be sent, not even a status.
  mutating func abandon() {
    guard !self.response.isDrained else { return }
    self.fail(.peerGone, by: .client)
    self.end = .client
  }

  /// The outcome of the call, or `nil` until the call has a status.
  var outcome: ServerCallOutcome? {
    guard let status = self.response.status else { return nil }
    return ServerCallOutcome(
      status: self.end == .client ? Status(RPCError.peerGone) : status,
      end: self.end,
      received: self.request.received ?? GRPCWebCallRecord.Messages(),
      sent: self.response.sent ?? GRPCWebCallRecord.Messages()
    )
  }

  /// The status of the call, or `nil` until the call has one.
  var status: Status? {
    self.response.status
  }

  /// Whether a writer may continue, rather than wait until queued bytes have been taken.
  var isWritable: Bool {
    // Output that is held back until the status is written isn't taken before, so nobody can wait for that.
    self.response.queuedBytes < self.maximumQueuedBytes || !self.response.hasOutput
      || self.response.status != nil
  }

  /// Whether there is something to send.
  var hasOutput: Bool {
    self.response.hasOutput
  }

  /// Whether the whole response has been taken.
  var isDrained: Bool {
    self.response.isDrained
  }

  /// Removes and returns everything that is ready to be sent, or `nil` if nothing is.
  mutating func takeOutput() -> ServerResponseOutput? {
    self.response.takeOutput()
  }

  /// Removes and returns the keys of metadata that couldn't be sent, to be logged.
  mutating func takeRejectedKeys() -> [String] {
    defer { self.response.rejectedKeys.removeAll() }
    return self.response.rejectedKeys
  }
}
