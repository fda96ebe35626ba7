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
