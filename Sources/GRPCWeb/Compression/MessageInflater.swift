internal import GRPCCore
internal import NIOCore

/// Decompresses the messages of one direction of a call.
@available(GRPCWeb 1.0, *)
struct MessageInflater: Sendable {
  /// The encoding of compressed messages: `identity` if the peer named none, `nil` if it named an
  /// unknown one.
  var encoding: MessageEncoding?

  // Created for the first compressed message: most calls have none.
  private var inflater: Inflater?

  init(encoding: MessageEncoding?) {
    self.encoding = encoding
  }

  /// Decompresses a message.
  ///
  /// - Parameters:
  ///   - compressed: The message as it came.
  ///   - limit: The largest message accepted, in bytes after decompression.
  /// - Throws: `internalError` when the peer named no encoding that is known, or the bytes aren't of
  ///   that encoding; `resourceExhausted` when the message is larger than the limit.
  mutating func inflate(
    _ compressed: ByteBuffer,
    limit: Int
  ) throws(RPCError) -> GRPCWebMessage {
    guard let format = self.encoding?.format else {
      throw RPCError(
        code: .internalError,
        message: "Received a compressed message, but no 'grpc-encoding' to decompress it with."
      )
    }

    // Some peers set the compressed flag on an empty message, which they didn't compress.
    guard compressed.readableBytes > 0 else {
      return GRPCWebMessage([])
    }

    let inflater: Inflater
    if let existing = self.inflater {
      inflater = existing
    } else {
      inflater = try Inflater(format: format)
      self.inflater = inflater
    }

    return try GRPCWebMessage(capacity: compressed.readableBytes) {
      (message: inout ByteBuffer) throws(RPCError) in
      try inflater.inflate(compressed, limit: FrameHeader.limit(limit), into: &message)
    }
  }
}
