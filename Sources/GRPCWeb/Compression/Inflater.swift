internal import CZlib
internal import GRPCCore
internal import NIOCore
internal import Synchronization

/// Inflates messages, one whole message at a time, and never more of one than its limit.
@available(GRPCWeb 1.0, *)
final class Inflater: Sendable {
  // A pointer: zlib keeps the address of its stream, so the stream must not move.
  private let stream: Mutex<UnsafeMutablePointer<z_stream>>

  /// The smallest number of bytes that the output grows by.
  private static let smallestGrowth = 16 * 1024

  /// Creates an inflater.
  ///
  /// - Throws: `resourceExhausted` when there is no memory for the inflater.
  init(format: ZlibFormat) throws(RPCError) {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let result = CZlib_inflateInit2(stream, format.windowBits)
    self.stream = Mutex(stream)
    guard result == Z_OK else {
      // The only possible cause is missing memory for the window.
      throw RPCError(code: .resourceExhausted, message: "No memory to decompress a message.")
    }
  }

  deinit {
    self.stream.withLock { stream in
      _ = inflateEnd(stream)
      stream.deallocate()
    }
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
      inflateReset(stream)
      try Self.inflate(compressed, limit: limit, into: &output, with: stream)
    }
  }

  private static func inflate(
    _ compressed: ByteBuffer,
    limit: Int,
    into output: inout ByteBuffer,
    with stream: UnsafeMutablePointer<z_stream>
  ) throws(RPCError) {
    var input = compressed
    var size = 0
    while true {
      // Room for one byte more than the limit distinguishes a message of exactly that size from a
      // larger one.
      let room = min(limit - size, max(size, Self.smallestGrowth)) + 1
      let (result, written) = Self.step(&input, into: &output, room: room, with: stream)
      size += written

      guard size <= limit else {
        throw RPCError(
          code: .resourceExhausted,
          message: "A compressed message exceeds the limit of \(limit) bytes once decompressed."
        )
      }

      switch result {
      case Z_STREAM_END:
        guard input.readableBytes == 0 else {
          throw RPCError(
            code: .internalError,
            message: "A compressed message is followed by \(input.readableBytes) excess bytes."
          )
        }
        return

      case Z_OK where written == room:
        continue

      case Z_OK, Z_BUF_ERROR:
        // zlib stopped although the output has room, so input is missing.
        throw RPCError(code: .internalError, message: "A compressed message is truncated.")

      default:
        throw RPCError(code: .internalError, message: "A compressed message can't be decompressed.")
      }
    }
  }

  /// Runs zlib once over the rest of the input.
  private static func step(
    _ input: inout ByteBuffer,
    into output: inout ByteBuffer,
    room: Int,
    with stream: UnsafeMutablePointer<z_stream>
  ) -> (result: Int32, written: Int) {
    var result = Z_OK
    var written = 0

    input.readWithUnsafeReadableBytes { source in
      let consumable = Int(UInt32(clamping: source.count))
      stream.pointee.setInput(source)
      stream.pointee.avail_in = UInt32(consumable)

      output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
        stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(clamping: room)
        result = CZlib.inflate(stream, Z_NO_FLUSH)
        written = room - Int(stream.pointee.avail_out)
        return written
      }

      return consumable - Int(stream.pointee.avail_in)
    }

    stream.pointee.next_in = nil
    stream.pointee.next_out = nil
    return (result, written)
  }
}
