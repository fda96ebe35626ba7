internal import CZlib
internal import GRPCCore
internal import NIOCore
internal import Synchronization

/// Compresses messages, one whole message at a time.
@available(GRPCWeb 1.0, *)
final class Deflater: Sendable {
  // A pointer: zlib keeps the address of its stream, so the stream must not move.
  private let stream: Mutex<UnsafeMutablePointer<z_stream>>

  /// Creates a deflater.
  ///
  /// - Throws: `resourceExhausted` when there is no memory for the deflater.
  init(format: ZlibFormat) throws(RPCError) {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let result = CZlib_deflateInit2(stream, Z_DEFAULT_COMPRESSION, format.windowBits)
    self.stream = Mutex(stream)
    guard result == Z_OK else {
      // The only possible cause is missing memory for the window.
      throw RPCError(code: .resourceExhausted, message: "No memory to compress a message.")
    }
  }

  deinit {
    self.stream.withLock { stream in
      _ = deflateEnd(stream)
      stream.deallocate()
    }
  }

  /// Compresses a message.
  ///
  /// - Parameters:
  ///   - message: The whole message.
  ///   - output: Where the compressed message is appended.
  /// - Throws: `internalError` when zlib can't compress the message.
  func deflate(_ message: ByteBuffer, into output: inout ByteBuffer) throws(RPCError) {
    let result = self.stream.withLock { stream in
      deflateReset(stream)

      let bound = Int(deflateBound(stream, UInt(message.readableBytes)))
      var result = Z_OK
      message.withUnsafeReadableBytes { source in
        stream.pointee.setInput(source)
        stream.pointee.avail_in = UInt32(clamping: source.count)

        output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { target in
          stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
          stream.pointee.avail_out = UInt32(clamping: bound)
          result = CZlib.deflate(stream, Z_FINISH)
          return bound - Int(stream.pointee.avail_out)
        }
      }

      stream.pointee.next_in = nil
      stream.pointee.next_out = nil
      return result
    }

    guard result == Z_STREAM_END else {
      throw RPCError(code: .internalError, message: "A message can't be compressed.")
    }
  }
}
