internal import GRPCCore
internal import NIOCore

/// Decodes the body of a request or a response into frames: in text mode from base64 first.
///
///     receiving ──receiveEnd()──▶ ended
///         │
///         └──────receive(_:)────▶ failed      the bytes aren't base64
///
/// The decoder receives bytes as they arrive, and returns frames as they are asked for. The frames before a fault are
/// good; the fault itself is thrown after them.
@available(GRPCWeb 1.0, *)
struct BodyDecoder: Sendable {
  private enum State {
    /// More of the body may be received.
    case receiving
    /// All of the body has been received, or what follows doesn't matter.
    case ended
    /// Bytes were received that can't be decoded.
    case failed(RPCError)
  }

  private var state = State.receiving
  private var textDecoder: TextDecoder?
  private var frames: FrameDecoder

  /// Creates a decoder.
  ///
  /// - Parameters:
  ///   - mode: The mode of the body.
  ///   - maximumMessageSize: The largest message accepted, in bytes.
  ///   - maximumTrailersSize: The largest block of trailers accepted, in bytes; `nil` if trailers have no place in the
  ///     body, as in that of a request.
  init(mode: GRPCWebMode, maximumMessageSize: Int, maximumTrailersSize: Int? = nil) {
    self.textDecoder = mode == .text ? TextDecoder() : nil
    self.frames = FrameDecoder(
      maximumMessageSize: maximumMessageSize,
      maximumTrailersSize: maximumTrailersSize
    )
  }

  // Receiving

  /// Receives the next bytes of the body; bytes after the end or after a fault are dropped.
  mutating func receive(_ bytes: ByteBuffer) {
    guard case .receiving = self.state else { return }
    do throws(RPCError) {
      self.frames.append(try self.textDecoder?.decode(bytes) ?? bytes)
    } catch {
      self.state = .failed(error)
    }
  }

  /// Receives the end of the body.
  mutating func receiveEnd() {
    guard case .receiving = self.state else { return }
    self.state = .ended
  }

  // Frames

  /// Whether the end of the body has been received, and no fault before it.
  var isEnded: Bool {
    if case .ended = self.state { true } else { false }
  }

  /// Whether no more bytes will be decoded: after the end of the body, or after a fault.
  var isComplete: Bool {
    if case .receiving = self.state { false } else { true }
  }

  /// Whether something other than the end of the body comes next: bytes of a frame, or a fault.
  var hasRest: Bool {
    if case .failed = self.state { return true }
    return self.frames.bufferedBytes > 0
  }

  /// The number of bytes received that haven't been returned in frames.
  var bufferedBytes: Int {
    self.frames.bufferedBytes
  }

  /// Whether the bytes buffered start with a whole frame, or with a header that isn't accepted.
  var hasWholeFrame: Bool {
    self.frames.hasWholeFrame
  }

  /// Whether the bytes buffered start with a whole frame of trailers.
  var startsWithTrailers: Bool {
    self.frames.startsWithTrailers
  }

  /// Whether the bytes buffered go on after their first frame, or start with a header that isn't accepted.
  var hasMoreThanFrame: Bool {
    self.frames.hasFaultyHeader || self.frames.hasMoreThanFrame
  }

  /// Removes and returns the next frame.
  ///
  /// - Returns: A frame, or `nil` if more bytes are needed, or the body has ended without a fault.
  /// - Throws: `internalError` when the body isn't what PROTOCOL-WEB describes, or ends too early;
  ///   `resourceExhausted` when a frame is larger than its limit.
  mutating func next() throws(RPCError) -> FrameDecoder.Frame? {
    if let frame = try self.frames.next() {
      return frame
    }
    switch self.state {
    case .receiving:
      break
    case .ended:
      try self.finish()
    case .failed(let error):
      throw error
    }
    return nil
  }

  /// Checks that the body doesn't end inside a frame, or inside a group of base64.
  ///
  /// - Throws: `internalError` if it does.
  func finish() throws(RPCError) {
    try self.textDecoder?.finish()
    try self.frames.finish()
  }
}
