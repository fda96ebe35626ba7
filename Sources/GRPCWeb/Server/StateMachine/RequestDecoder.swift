internal import GRPCCore
internal import NIOCore

/// Turns the body of a request into messages.
///
/// Fed with bytes as they come, it hands out messages as they are asked for: those that are compressed as
/// they came, since to inflate them takes time that whoever feeds it doesn't have. An error is final.
@available(GRPCWeb 1.0, *)
struct RequestDecoder: Sendable {
  /// What comes next in the body.
  enum Event: Hashable {
    /// A message.
    case message(GRPCWebMessage)
    /// A message as the client compressed it.
    case compressedMessage(ByteBuffer)
    /// Nothing until more of the body is there.
    case needsBytes
    /// The end of a body without fault.
    case end
  }

  private let isStreaming: Bool
  private var textDecoder: TextDecoder?
  private var frames: FrameDecoder
  private var failure: RPCError?
  private var isComplete = false

  /// The messages found in the body so far; `nil` where nobody wants to know.
  private(set) var received: GRPCWebCallRecord.Messages?

  /// The only message of a call that has one, kept until the body turned out to be right.
  private var single: Single = .awaited

  private enum Single {
    case awaited
    case received(Event)
    case delivered
  }

  /// Creates a decoder.
  ///
  /// - Parameters:
  ///   - mode: How the body is written.
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
    self.textDecoder = mode == .text ? TextDecoder() : nil
    self.frames = FrameDecoder(maximumMessageSize: maximumMessageSize)
    self.received = countsMessages ? GRPCWebCallRecord.Messages() : nil
  }

  /// Takes the next bytes of the body.
  mutating func receive(_ bytes: ByteBuffer) {
    guard self.failure == nil else { return }
    do throws(RPCError) {
      let bytes = try self.textDecoder?.decode(bytes) ?? bytes
      self.frames.append(bytes)
    } catch {
      self.failure = error
    }
  }

  /// Takes the size of a message, in bytes, that was handed out as it was compressed.
  mutating func receiveInflatedSize(_ size: Int) {
    self.received?.bytes += size
  }

  /// Takes the end of the body.
  mutating func receiveEnd() {
    self.isComplete = true
  }

  /// Whether ``next()`` would return anything but `needsBytes`.
  ///
  /// The message of a call that has one is none before the end of the body; what comes behind it is.
  var hasEvent: Bool {
    if self.isComplete || self.failure != nil {
      return true
    } else if self.isStreaming {
      return self.frames.hasWholeFrame
    } else if case .awaited = self.single {
      return self.frames.hasFaultyHeader || self.frames.hasMoreThanFrame
    } else {
      return self.frames.hasWholeFrame
    }
  }

  /// Whether the rest of a message has to come: of the only one, or of one that has begun.
  var isAwaitingRestOfMessage: Bool {
    if self.hasEvent {
      return false
    }
    return !self.isStreaming || self.frames.bufferedBytes > 0
  }

  /// The number of bytes received that haven't been taken as messages.
  var bufferedBytes: Int {
    self.frames.bufferedBytes
  }

  /// Takes the next event from the body.
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
    return self.isComplete ? .end : .needsBytes
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

    guard self.isComplete else { return .needsBytes }

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

  /// Takes the next message, and checks the end of the body when there is no further one.
  private mutating func nextMessage() throws(RPCError) -> Event? {
    switch try self.frames.next() {
    case .message(let message):
      self.received?.add(bytes: message.count, compressedBytes: message.count)
      return .message(message)
    case .compressedMessage(let bytes):
      self.received?.add(bytes: 0, compressedBytes: bytes.readableBytes)
      return .compressedMessage(bytes)
    case .trailers:
      throw RPCError(code: .internalError, message: "Received trailers in a request.")
    case .none:
      break
    }

    // Frames that came before the fault are good.
    if let failure = self.failure {
      throw failure
    }
    if self.isComplete {
      try self.textDecoder?.finish()
      try self.frames.finish()
    }
    return nil
  }
}
