internal import NIOCore

/// Frames that wait to be sent.
///
/// Small frames are copied together, so that many of them leave as one buffer: behind the first of
/// them, which has room for the trailers of a unary response. Large ones are handed on as they are.
@available(GRPCWeb 1.0, *)
struct FrameQueue: Sendable {
  private var buffers: [ByteBuffer] = []
  /// Whether the last buffer is of small frames, to append another to.
  private var canAppendToTail = false

  /// The number of bytes that wait.
  private(set) var byteCount = 0

  /// Frames up to this size, in bytes, are copied behind others.
  static let largestCopiedFrame = 16 * 1024

  /// Whether nothing waits.
  var isEmpty: Bool {
    self.buffers.isEmpty
  }

  /// Adds a frame.
  mutating func append(_ frame: ByteBuffer) {
    self.byteCount += frame.readableBytes

    let isSmall = frame.readableBytes <= Self.largestCopiedFrame
    if isSmall && self.canAppendToTail {
      self.buffers[self.buffers.count - 1].writeImmutableBuffer(frame)
    } else {
      self.buffers.append(frame)
      self.canAppendToTail = isSmall
    }
  }

  /// Takes all frames, in as few buffers as there are.
  mutating func take() -> [ByteBuffer] {
    defer { self = Self() }
    return self.buffers
  }
}
