internal import CZlib
internal import GRPCCore
internal import NIOCore

/// Compresses messages, one whole message at a time.
@available(GRPCWeb 1.0, *)
final class Deflater {
  // zlib keeps a pointer to its stream, so that the stream must not move.
  private let stream: UnsafeMutablePointer<z_stream>

  init(format: ZlibFormat) throws(RPCError) {
    self.stream = .allocate(capacity: 1)
    self.stream.initialize(to: z_stream())
    guard CZlib_deflateInit2(self.stream, Z_DEFAULT_COMPRESSION, format.windowBits) == Z_OK else {
      // The only cause there is: no memory for the window.
      throw RPCError(code: .resourceExhausted, message: "No memory to compress a message.")
    }
  }

  deinit {
    deflateEnd(self.stream)
    self.stream.deallocate()
  }

  /// Compresses a message.
  ///
  /// - Parameters:
  ///   - message: The whole message.
  ///   - output: Where the compressed message is appended.
  /// - Throws: `internalError` when zlib refuses.
  func deflate(_ message: ByteBuffer, into output: inout ByteBuffer) throws(RPCError) {
    deflateReset(self.stream)

    let bound = Int(deflateBound(self.stream, UInt(message.readableBytes)))
    var result = Z_OK

    message.withUnsafeReadableBytes { source in
      self.stream.pointee.setInput(source)
      self.stream.pointee.avail_in = UInt32(clamping: source.count)

      output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { target in
        self.stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        self.stream.pointee.avail_out = UInt32(clamping: bound)
        result = CZlib.deflate(self.stream, Z_FINISH)
        return bound - Int(self.stream.pointee.avail_out)
      }
    }

    self.stream.pointee.next_in = nil
    self.stream.pointee.next_out = nil
    guard result == Z_STREAM_END else {
      throw RPCError(code: .internalError, message: "A message can't be compressed.")
    }
  }
}
