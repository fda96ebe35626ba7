internal import CZlib

/// Gzip without the code under test.
public enum TestGzip {
  /// Compresses some bytes.
  public static func compress(_ bytes: [UInt8]) -> [UInt8] {
    Self.withStream { stream in
      _ = CZlib_deflateInit2(stream, Z_DEFAULT_COMPRESSION, Self.windowBits)
      defer { deflateEnd(stream) }
      let size = Int(deflateBound(stream, UInt(bytes.count)))
      return Self.output(stream, bytes, upTo: size) { CZlib.deflate(stream, Z_FINISH) }
    }
  }

  /// Decompresses a stream, or what is there of one.
  ///
  /// - Parameters:
  ///   - bytes: The stream, or its beginning.
  ///   - size: How many bytes to decompress at most.
  public static func decompress(_ bytes: [UInt8], upTo size: Int) -> [UInt8] {
    Self.withStream { stream in
      _ = CZlib_inflateInit2(stream, Self.windowBits)
      defer { inflateEnd(stream) }
      return Self.output(stream, bytes, upTo: size) { CZlib.inflate(stream, Z_SYNC_FLUSH) }
    }
  }

  /// zlib's largest window, with the header and the footer of gzip.
  private static let windowBits: Int32 = 15 + 16

  // zlib keeps a pointer to its stream, so that the stream must not move.
  private static func withStream(_ body: (UnsafeMutablePointer<z_stream>) -> [UInt8]) -> [UInt8] {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    return body(stream)
  }

  private static func output(
    _ stream: UnsafeMutablePointer<z_stream>,
    _ bytes: [UInt8],
    upTo size: Int,
    _ run: () -> Int32
  ) -> [UInt8] {
    var input = bytes
    return input.withUnsafeMutableBufferPointer { input in
      [UInt8](unsafeUninitializedCapacity: size) { output, count in
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(size)
        _ = run()
        count = size - Int(stream.pointee.avail_out)
      }
    }
  }
}
