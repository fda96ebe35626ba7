internal import GRPCCore
internal import NIOCore

/// Makes frames of the messages of one direction of a call, compressed where that is wanted.
@available(GRPCWeb 1.0, *)
struct MessageDeflater: Sendable {
  private let encoding: MessageEncoding
  private let minimumMessageSize: Int
  private let maximumMessageSize: Int

  // Made for the first message that is compressed.
  private var deflater: Deflater?

  /// Creates a deflater.
  ///
  /// - Parameters:
  ///   - encoding: The encoding to compress with, `identity` to compress nothing.
  ///   - minimumMessageSize: The smallest message to compress, in bytes.
  ///   - maximumMessageSize: The largest message to send, in bytes before compression.
  init(
    encoding: MessageEncoding,
    minimumMessageSize: Int,
    maximumMessageSize: Int = FrameHeader.largestLength
  ) {
    self.encoding = encoding
    self.minimumMessageSize = minimumMessageSize
    self.maximumMessageSize = min(maximumMessageSize, FrameHeader.largestLength)
  }

  /// Makes a frame of a message: compressed where that is wanted and makes it smaller.
  ///
  /// - Throws: `resourceExhausted` when the message is larger than the limit, `internalError` when it
  ///   can't be compressed.
  mutating func frame(_ message: GRPCWebMessage) throws(RPCError) -> ByteBuffer {
    guard message.count <= self.maximumMessageSize else {
      throw RPCError(
        code: .resourceExhausted,
        message: """
          A message of \(message.count) bytes exceeds the limit of \(self.maximumMessageSize) bytes.
          """
      )
    }
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
