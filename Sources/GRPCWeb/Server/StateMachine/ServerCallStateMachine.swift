internal import GRPCCore
internal import NIOCore

/// One call on the server: a state machine without I/O.
///
/// A shell feeds it with what happens (bytes of the request, parts that the service writes, a
/// deadline that passes, a peer that goes away) and sends what it hands out. Whatever fails first
/// decides the status; nothing after that changes it.
@available(GRPCWeb 1.0, *)
struct ServerCallStateMachine: Sendable {
  private var request: RequestDecoder
  private var response: ResponseEncoder
  private let maximumQueuedBytes: Int
  /// Who, or what, decided the status, once there is one.
  private var end = GRPCWebCallRecord.End.service

  /// Starts an exchange.
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

  /// Takes bytes of the request's body.
  mutating func receive(_ bytes: ByteBuffer) {
    self.request.receive(bytes)
  }

  /// Takes the size of a message of the request, in bytes, that had to be decompressed.
  mutating func receiveInflatedSize(_ size: Int) {
    self.request.receiveInflatedSize(size)
  }

  /// Takes the end of the request's body.
  mutating func receiveEnd() {
    self.request.receiveEnd()
  }

  /// Takes what comes next for the service to read.
  ///
  /// - Throws: The error that the call failed with; a fault in the request fails it.
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
  /// - Throws: The error that the call failed with; what can't be sent fails it.
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
  /// - Throws: The error that the call failed with; what can't be sent fails it.
  mutating func write(frame: ByteBuffer, messageSize: Int) throws(RPCError) {
    do throws(RPCError) {
      try self.response.write(frame: frame, messageSize: messageSize)
    } catch {
      throw self.failed(error)
    }
  }

  /// Writes the status, which ends the response.
  ///
  /// - Throws: The error that the call failed with; what can't be sent fails it.
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
  ///   - end: Who, or what, it comes from.
  mutating func fail(_ error: RPCError, by end: GRPCWebCallRecord.End) {
    guard self.response.status == nil else { return }
    self.end = end
    // Can't throw, as no status has been written.
    try? self.response.write(Status(error), error.metadata)
  }

  /// Ends the call, as the client has gone: what hasn't been taken will never be sent, were it a status.
  mutating func abandon() {
    guard !self.response.isDrained else { return }
    self.fail(.peerGone, by: .client)
    self.end = .client
  }

  /// What has become of the call, once it has a status.
  var outcome: ServerCallOutcome? {
    guard let status = self.response.status else { return nil }
    return ServerCallOutcome(
      status: self.end == .client ? Status(RPCError.peerGone) : status,
      end: self.end,
      received: self.request.received ?? GRPCWebCallRecord.Messages(),
      sent: self.response.sent ?? GRPCWebCallRecord.Messages()
    )
  }

  /// The status of the call, once it has one.
  var status: Status? {
    self.response.status
  }

  /// Whether a writer may go on, or is to wait until what it wrote has been taken.
  var isWritable: Bool {
    // What is held back until the status is there can't be waited for.
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

  /// Takes everything that is ready to be sent, `nil` when nothing is.
  mutating func takeOutput() -> ServerResponseOutput? {
    self.response.takeOutput()
  }

  /// Takes the keys of metadata that couldn't be sent, to be logged.
  mutating func takeRejectedKeys() -> [String] {
    defer { self.response.rejectedKeys.removeAll() }
    return self.response.rejectedKeys
  }
}
