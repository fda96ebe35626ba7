internal import GRPCCore
internal import NIOCore
internal import Synchronization

/// Inflates messages, one whole message at a time, and never more of one than its limit.
@available(GRPCWeb 1.0, *)
final class Inflater: Sendable {
  private let stream: Mutex<ZlibStream>

  /// The smallest number of bytes that the output grows by.
  private static let smallestGrowth = 16 * 1024

  /// Creates an inflater.
  ///
  /// - Throws: `resourceExhausted` when there is no memory for the inflater.
  init(format: ZlibFormat) throws(RPCError) {
    self.stream = Mutex(try ZlibStream(inflating: format))
  }

  /// Inflates a message.
  ///
  /// The output grows as needed and stops growing at the limit: a small input that inflates to more
  /// than the limit costs no more memory than the limit.
  ///
  /// - Parameters:
  ///   - compressed: The whole compressed message.
  ///   - limit: The largest message accepted, in bytes.
  ///   - output: Where the message is appended.
  /// - Throws: `internalError` when the input isn't a whole message of the format,
  ///   `resourceExhausted` when the message is larger than the limit.
  func inflate(
    _ compressed: ByteBuffer,
    limit: Int,
    into output: inout ByteBuffer
  ) throws(RPCError) {
    try self.stream.withLock { stream throws(RPCError) in
      stream.resetInflation()
      try Self.inflate(compressed, limit: limit, into: &output, with: &stream)
    }
  }

  private static func inflate(
    _ compressed: ByteBuffer,
    limit: Int,
    into output: inout ByteBuffer,
    with stream: inout ZlibStream
  ) throws(RPCError) {
    var input = compressed
    var size = 0
    while true {
      // Room for one byte more than the limit distinguishes a message of exactly that size from a
      // larger one.
      let room = min(limit - size, max(size, Self.smallestGrowth)) + 1
      let (progress, written) = stream.inflate(&input, into: &output, room: room)
      size += written

      guard size <= limit else {
        throw RPCError(
          code: .resourceExhausted,
          message: "A compressed message exceeds the limit of \(limit) bytes once decompressed."
        )
      }

      switch progress {
      case .end:
        guard input.readableBytes == 0 else {
          throw RPCError(
            code: .internalError,
            message: "A compressed message is followed by \(input.readableBytes) excess bytes."
          )
        }
        return

      case .unfinished where written == room:
        continue

      case .unfinished:
        // zlib stopped although the output has room, so input is missing.
        throw RPCError(code: .internalError, message: "A compressed message is truncated.")

      case .faulty:
        throw RPCError(code: .internalError, message: "A compressed message can't be decompressed.")
      }
    }
  }
}
