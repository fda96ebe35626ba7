internal import NIOCore

/// Encodes the body of the text mode, `application/grpc-web-text`.
@available(GRPCWeb 1.0, *)
enum TextEncoder {
  /// Encodes the bytes of one flush as a self-contained run of base64, padding included.
  ///
  /// A receiver can decode all bytes of a run once it has the run: none depend on the next run.
  ///
  /// - Parameter buffers: The bytes to send, in order.
  /// - Returns: The characters, empty when there are no bytes.
  static func encode(_ buffers: [ByteBuffer]) -> ByteBuffer {
    switch buffers.count {
    case 0:
      return ByteBuffer()
    case 1:
      return Self.encode(buffers[0])
    default:
      var all = ByteBuffer()
      all.reserveCapacity(buffers.reduce(into: 0) { $0 += $1.readableBytes })
      for buffer in buffers {
        all.writeImmutableBuffer(buffer)
      }
      return Self.encode(all)
    }
  }

  private static func encode(_ bytes: ByteBuffer) -> ByteBuffer {
    var text = ByteBuffer()
    bytes.withUnsafeReadableBytes { bytes in
      let count = Base64.encodedCount(of: bytes.count)
      _ = text.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { output in
        Base64.encode(bytes, into: output)
      }
    }
    return text
  }
}
