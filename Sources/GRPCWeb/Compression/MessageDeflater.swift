internal import GRPCCore
internal import NIOCore

/// Compresses the messages of one direction of a call.
@available(GRPCWeb 1.0, *)
struct MessageDeflater: Sendable {
  private let encoding: MessageEncoding
  private let minimumMessageSize: Int

  // Made for the first message that is compressed.
  private var deflater: Deflater?

  /// Creates a deflater.
  ///
  /// - Parameters:
  ///   - encoding: The encoding to compress with, `identity` to compress nothing.
  ///   - minimumMessageSize: The smallest message to compress, in bytes.
  init(encoding: MessageEncoding, minimumMessageSize: Int) {
    self.encoding = encoding
    self.minimumMessageSize = minimumMessageSize
  }

  /// Makes a frame of a message: compressed where that is wanted and makes it smaller.
  ///
  /// - Throws: `internalError` when the message can't be compressed.
  mutating func frame(_ message: GRPCWebMessage) throws(RPCError) -> ByteBuffer {
    guard let format = self.encoding.format, message.count >= self.minimumMessageSize else {
      return message.frame
    }

    let deflater: Deflater
    if let existing = self.deflater {
      deflater = existing
    } else {
      deflater = try Deflater(format: format)
      self.deflater = deflater
    }

    var frame = ByteBuffer()
    frame.writeInteger(FrameHeader.compressedFlag)
    frame.writeInteger(UInt32(0))
    try deflater.deflate(message.payload, into: &frame)

    let length = frame.readableBytes - FrameHeader.size
    guard length < message.count else { return message.frame }
    frame.setInteger(UInt32(clamping: length), at: frame.readerIndex + MemoryLayout<UInt8>.size)
    return frame
  }
}
