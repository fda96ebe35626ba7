internal import NIOCore

/// Frames that are queued to be sent.
///
/// Small frames are coalesced: each is copied behind the first of them, whose buffer has room for
/// the trailers of a unary response. Large frames are handed on without a copy.
@available(GRPCWeb 1.0, *)
struct FrameQueue: Sendable {
  private var buffers: [ByteBuffer] = []
  /// Whether the last buffer holds small frames, so that another can be appended to it.
  private var canAppendToTail = false

  /// The number of bytes queued.
  private(set) var byteCount = 0

  /// The largest frame that is copied behind others, in bytes.
  static let largestCopiedFrame = 16 * 1024

  /// Whether no frame is queued.
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

  /// Removes and returns all frames, in as few buffers as possible.
  mutating func take() -> [ByteBuffer] {
    defer { self = Self() }
    return self.buffers
  }
}
