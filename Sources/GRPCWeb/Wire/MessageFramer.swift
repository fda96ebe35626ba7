internal import GRPCCore
internal import NIOCore

/// Makes frames of the messages of one direction of a call, within a limit on their size.
@available(GRPCWeb 1.0, *)
struct MessageFramer: Sendable {
  private let maximumMessageSize: Int
  private var compressor: MessageCompressor

  /// Creates a framer.
  ///
  /// - Parameters:
  ///   - maximumMessageSize: The largest message to send, in bytes before compression.
  ///   - compressor: Compresses the messages.
  init(
    maximumMessageSize: Int = FrameHeader.largestLength,
    compressor: MessageCompressor
  ) {
    self.maximumMessageSize = min(maximumMessageSize, FrameHeader.largestLength)
    self.compressor = compressor
  }

  /// Makes a frame of a message, compressed where the compressor makes it smaller.
  ///
  /// The frame of an uncompressed message shares the message's storage.
  ///
  /// - Throws: `resourceExhausted` when the message is larger than the limit, and what
  ///   ``MessageCompressor/compress(_:headerSize:)`` throws.
  mutating func frame(_ message: GRPCWebMessage) throws(RPCError) -> ByteBuffer {
    guard message.count <= self.maximumMessageSize else {
      throw RPCError(
        code: .resourceExhausted,
        message: """
          A message of \(message.count) bytes exceeds the limit of \(self.maximumMessageSize) bytes.
          """
      )
    }
    guard var frame = try self.compressor.compress(message, headerSize: FrameHeader.size) else {
      return message.frame
    }

    let length = UInt32(clamping: frame.readableBytes - FrameHeader.size)
    FrameHeader(flags: FrameHeader.compressedFlag, length: length).set(in: &frame)
    return frame
  }
}
