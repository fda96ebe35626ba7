internal import GRPCCore
internal import NIOCore

/// Compresses the messages of one direction of a call.
@available(GRPCWeb 1.0, *)
struct MessageCompressor: Sendable {
  private let encoding: MessageEncoding
  private let minimumMessageSize: Int

  // Created for the first message that is compressed.
  private var deflater: Deflater?

  /// Creates a compressor.
  ///
  /// - Parameters:
  ///   - encoding: The encoding to compress with, `identity` to compress nothing.
  ///   - minimumMessageSize: The smallest message to compress, in bytes.
  init(encoding: MessageEncoding, minimumMessageSize: Int) {
    self.encoding = encoding
    self.minimumMessageSize = minimumMessageSize
  }

  /// Compresses a message, where that is wanted and makes it smaller.
  ///
  /// - Parameters:
  ///   - message: The message to compress.
  ///   - headerSize: How many bytes of zero to put before the compressed message, as room for a header.
  /// - Returns: The room for a header and the compressed message, or `nil` when the message is to be
  ///   sent as it is.
  /// - Throws: `internalError` when zlib refuses the message, `resourceExhausted` when there is no memory
  ///   to compress it.
  mutating func compress(
    _ message: GRPCWebMessage,
    headerSize: Int
  ) throws(RPCError) -> ByteBuffer? {
    guard let format = self.encoding.format, message.count >= self.minimumMessageSize else {
      return nil
    }

    let deflater: Deflater
    if let existing = self.deflater {
      deflater = existing
    } else {
      deflater = try Deflater(format: format)
      self.deflater = deflater
    }

    var output = ByteBuffer()
    output.writeRepeatingByte(0, count: headerSize)
    try deflater.deflate(message.payload, into: &output)
    return output.readableBytes - headerSize < message.count ? output : nil
  }
}
