internal import NIOCore

/// The five bytes before every message and before the trailers: flags and a length.
///
/// See "Length-Prefixed-Message" in gRPC's PROTOCOL-HTTP2 document and the trailers flag in
/// PROTOCOL-WEB.
@available(GRPCWeb 1.0, *)
struct FrameHeader: Hashable, Sendable {
  /// The number of bytes that a header takes.
  static let size = 5

  /// The largest payload that a frame can have, in bytes.
  static let largestLength = Int(clamping: UInt32.max)

  /// The limit to apply to one message where the configuration asks for a limit of `bytes`.
  ///
  /// At most 1 GiB: buffers can't grow far beyond that.
  static func limit(_ bytes: Int) -> Int {
    min(max(0, bytes), 1 << 30)
  }

  static let compressedFlag: UInt8 = 0b0000_0001
  static let trailersFlag: UInt8 = 0b1000_0000

  /// The byte of flags.
  var flags: UInt8

  /// The number of bytes in the payload that follows.
  var length: UInt32

  /// Whether the payload is compressed with the encoding of the `grpc-encoding` header.
  var isCompressed: Bool {
    self.flags & Self.compressedFlag != 0
  }

  /// Whether the payload is the block of trailers that ends a response.
  var isTrailers: Bool {
    self.flags & Self.trailersFlag != 0
  }

  /// Whether a flag is set that the protocol doesn't define.
  var hasUnknownFlags: Bool {
    self.flags & ~(Self.compressedFlag | Self.trailersFlag) != 0
  }

  /// Writes the header over the first five bytes of a frame, which were left free for it.
  func set(in frame: inout ByteBuffer) {
    frame.setInteger(self.flags, at: frame.readerIndex)
    frame.setInteger(self.length, at: frame.readerIndex + MemoryLayout<UInt8>.size)
  }
}
