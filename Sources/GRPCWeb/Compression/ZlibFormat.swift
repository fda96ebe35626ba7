internal import CZlib

/// A format of compressed data.
enum ZlibFormat: Hashable, Sendable {
  /// RFC 1950, which HTTP and gRPC call "deflate".
  case zlib
  /// RFC 1952.
  case gzip

  /// The format as zlib's `windowBits` parameter: the largest window, plus 16 for gzip's header and
  /// trailer.
  var windowBits: Int32 {
    switch self {
    case .zlib:
      return 15
    case .gzip:
      return 15 + 16
    }
  }
}

extension z_stream {
  /// Points zlib at its input, which zlib only reads although `next_in` lacks a `const`.
  mutating func setInput(_ bytes: UnsafeRawBufferPointer) {
    self.next_in = bytes.baseAddress.map {
      UnsafeMutablePointer(mutating: $0.assumingMemoryBound(to: UInt8.self))
    }
  }
}
