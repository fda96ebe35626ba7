public import GRPCCore
internal import NIOCore

/// The bytes of one message, stored behind the five bytes of its frame header.
///
/// gRPC Swift serializes messages into values of this type and deserializes from them. The header
/// is written when the size of the message becomes known, so an uncompressed message is already a
/// frame: sending it copies nothing, whether or not other references to its bytes exist.
@available(GRPCWeb 1.0, *)
public struct GRPCWebMessage: GRPCContiguousBytes, Sendable {
  /// The frame: an uncompressed header, then the message.
  private(set) var frame: ByteBuffer

  /// The room to leave behind a message for a short block of trailers, in bytes, so that a small
  /// unary response doesn't have to grow the buffer.
  private static let trailingCapacity = 64

  /// The memory of large messages that were sent, shared by all calls in the process.
  ///
  /// The memory can't belong to a server: gRPC Swift's serializers create messages with the initializers of
  /// `GRPCContiguousBytes`, which are given nothing but the bytes, and not the call. ``init(capacity:)`` takes from
  /// here, and ``keepMemory(of:)``, which `ServerCall` calls with each large frame that it queues, gives back.
  private static let sentBuffers = LargeBuffers()

  /// Keeps the memory of a frame that is being sent, to be reused for another message after that.
  static func keepMemory(of frame: ByteBuffer) {
    Self.sentBuffers.keep(frame)
  }

  /// Creates a message of `count` bytes, each of them `byte`.
  public init(repeating byte: UInt8, count: Int) {
    self.init(capacity: count)
    self.frame.writeRepeatingByte(byte, count: count)
    self.writeLength()
  }

  /// Creates a message from the bytes of a sequence.
  public init<Bytes: Sequence>(_ sequence: Bytes) where Bytes.Element == UInt8 {
    self.init(capacity: sequence.underestimatedCount)
    self.frame.writeBytes(sequence)
    self.writeLength()
  }

  /// Creates a message from an uncompressed frame as it came from the wire.
  ///
  /// - Parameter frame: A whole frame, header included, whose compressed flag isn't set.
  init(frame: ByteBuffer) {
    self.frame = frame
  }

  /// Creates a message from the bytes that `body` appends to a buffer.
  ///
  /// - Parameters:
  ///   - capacity: The number of bytes expected.
  ///   - body: Appends the bytes of the message.
  /// - Throws: What `body` throws.
  init<Failure: Error>(
    capacity: Int,
    writingWith body: (inout ByteBuffer) throws(Failure) -> Void
  ) throws(Failure) {
    self.init(capacity: capacity)
    try body(&self.frame)
    self.writeLength()
  }

  private init(capacity: Int) {
    let capacity = FrameHeader.size + capacity + Self.trailingCapacity
    self.frame = Self.sentBuffers.take(capacity: capacity) ?? ByteBuffer()
    self.frame.reserveCapacity(capacity)
    self.frame.writeRepeatingByte(0, count: FrameHeader.size)
  }

  private mutating func writeLength() {
    // A message over 4 GiB has no valid header: `MessageFramer` refuses it before it is sent.
    FrameHeader(flags: 0, length: UInt32(clamping: self.count)).set(in: &self.frame)
  }

  /// The number of bytes in the message, its header not counted.
  public var count: Int {
    self.frame.readableBytes - FrameHeader.size
  }

  /// The message's bytes, sharing this value's storage.
  var payload: ByteBuffer {
    var payload = self.frame
    payload.moveReaderIndex(forwardBy: FrameHeader.size)
    return payload
  }

  /// Calls `body` with the bytes of the message, for the duration of the call.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try self.frame.withUnsafeReadableBytes { frame in
      try body(UnsafeRawBufferPointer(rebasing: frame[FrameHeader.size...]))
    }
  }

  /// Calls `body` with the mutable bytes of the message, for the duration of the call.
  public mutating func withUnsafeMutableBytes<R>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) rethrows -> R {
    try self.frame.withUnsafeMutableReadableBytes { frame in
      try body(UnsafeMutableRawBufferPointer(rebasing: frame[FrameHeader.size...]))
    }
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebMessage: Hashable {
  /// Whether two messages have the same bytes.
  public static func == (lhs: Self, rhs: Self) -> Bool {
    lhs.payload == rhs.payload
  }

  /// Hashes the bytes of the message.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(self.payload)
  }
}
