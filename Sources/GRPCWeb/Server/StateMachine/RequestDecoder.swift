internal import GRPCCore
internal import NIOCore

/// Decodes the body of a request into messages.
///
/// The decoder receives bytes as they arrive, and returns messages as they are asked for. Compressed messages are
/// returned compressed, as decompression would hold up the receiver of the bytes. An error is final.
@available(GRPCWeb 1.0, *)
struct RequestDecoder: Sendable {
  /// An event of the body.
  enum Event: Hashable {
    /// A message.
    case message(GRPCWebMessage)
    /// A message as the client compressed it.
    case compressedMessage(ByteBuffer)
    /// No event until more of the body is received.
    case needsBytes
    /// The end of a body without a fault.
    case end
  }

  /// How far the only message of a call that has one has come.
  private enum Single {
    /// The message hasn't been received.
    case awaited
    /// The message is kept until the body turns out to be right.
    case received(Event)
    /// The message has been returned.
    case delivered
  }

  private let isStreaming: Bool
  private var body: BodyDecoder
  private var single = Single.awaited

  /// The messages found in the body so far; `nil` if messages aren't counted.
  private(set) var received: GRPCWebCallRecord.Messages?

  /// Creates a decoder.
  ///
  /// - Parameters:
  ///   - mode: The mode of the body.
  ///   - isStreaming: Whether any number of messages may come, and not exactly one.
  ///   - maximumMessageSize: The largest message accepted, in bytes after decompression; a compressed
  ///     one may be little larger.
  ///   - countsMessages: Whether messages are counted.
  init(
    mode: GRPCWebMode,
    isStreaming: Bool,
    maximumMessageSize: Int,
    countsMessages: Bool = false
  ) {
    self.isStreaming = isStreaming
    self.body = BodyDecoder(mode: mode, maximumMessageSize: maximumMessageSize)
    self.received = countsMessages ? GRPCWebCallRecord.Messages() : nil
  }

  /// Receives the next bytes of the body.
  mutating func receive(_ bytes: ByteBuffer) {
    self.body.receive(bytes)
  }

  /// Receives the size of a message, in bytes, that was returned compressed.
  mutating func receiveInflatedSize(_ size: Int) {
    self.received?.bytes += size
  }

  /// Receives the end of the body.
  mutating func receiveEnd() {
    self.body.receiveEnd()
  }

  /// Whether ``next()`` would return another event than `needsBytes`, or throw.
  ///
  /// The only message of a call that has one is returned at the end of the body; bytes behind that message are a fault,
  /// which is thrown at once.
  var hasEvent: Bool {
    if self.body.isComplete {
      return true
    } else if !self.isStreaming, case .awaited = self.single {
      return self.body.hasMoreThanFrame
    } else {
      return self.body.hasWholeFrame
    }
  }

  /// Whether the client has to send the rest of a message: of the only message, or of one that has begun.
  var isAwaitingRestOfMessage: Bool {
    if self.hasEvent {
      return false
    }
    return !self.isStreaming || self.body.bufferedBytes > 0
  }

  /// The number of bytes received that haven't been returned as messages.
  var bufferedBytes: Int {
    self.body.bufferedBytes
  }

  /// Returns the next event of the body.
  ///
  /// A call that has one request message gets it when the body has ended without fault: a service
  /// never sees the message of a malformed call.
  ///
  /// - Throws: `internalError` when the body isn't what PROTOCOL-WEB describes, `unimplemented` when
  ///   it has none or more than one message for a call that has one, `resourceExhausted` when a
  ///   message is larger than the limit.
  mutating func next() throws(RPCError) -> Event {
    guard self.isStreaming else {
      return try self.nextOfSingle()
    }
    if let message = try self.nextMessage() {
      return message
    }
    return self.body.isEnded ? .end : .needsBytes
  }

  private mutating func nextOfSingle() throws(RPCError) -> Event {
    while let message = try self.nextMessage() {
      guard case .awaited = self.single else {
        throw RPCError(
          code: .unimplemented,
          message: "Received more than one message for a method that takes one."
        )
      }
      self.single = .received(message)
    }

    guard self.body.isEnded else { return .needsBytes }

    switch self.single {
    case .received(let message):
      self.single = .delivered
      return message
    case .delivered:
      return .end
    case .awaited:
      throw RPCError(
        code: .unimplemented,
        message: "Received no message for a method that takes one."
      )
    }
  }

  /// Decodes the next message, and checks the end of the body if there are no further messages.
  private mutating func nextMessage() throws(RPCError) -> Event? {
    switch try self.body.next() {
    case .message(let message):
      self.received?.add(bytes: message.count, compressedBytes: message.count)
      return .message(message)
    case .compressedMessage(let bytes):
      self.received?.add(bytes: 0, compressedBytes: bytes.readableBytes)
      return .compressedMessage(bytes)
    case .trailers:
      throw RPCError(code: .internalError, message: "Received trailers in a request.")
    case .none:
      return nil
    }
  }
}
