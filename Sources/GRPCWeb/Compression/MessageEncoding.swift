internal import GRPCCore

/// An encoding of messages, as `grpc-encoding` and `grpc-accept-encoding` name them.
@available(GRPCWeb 1.0, *)
enum MessageEncoding: String, CaseIterable, Hashable, Sendable {
  case identity
  case gzip
  case deflate

  /// The encodings supported on this platform, for a `grpc-accept-encoding` header.
  static let supported = Self.allCases.filter(\.isSupported).map(\.rawValue).joined(separator: ",")

  /// Whether this platform supports the encoding: without zlib, only identity is supported.
  private var isSupported: Bool {
    self == .identity || ZlibStream.isAvailable
  }

  /// The encoding that a `grpc-encoding` header names: identity without a header, `nil` if the
  /// header names an unknown encoding.
  init?(header: String?) {
    guard let header = header else {
      self = .identity
      return
    }
    self.init(name: header[...])
  }

  private init?(name: Substring) {
    self.init(rawValue: name.trimmingWhitespace().lowercasedASCII())
    guard self.isSupported else { return nil }
  }

  /// Returns those encodings of a `grpc-accept-encoding` header that this library knows.
  static func known(in acceptEncoding: String) -> [Self] {
    acceptEncoding.split(atByte: UInt8(ascii: ",")).compactMap { Self(name: $0) }
  }

  /// The format in which zlib reads and writes the encoding, or `nil` for identity.
  var format: ZlibFormat? {
    switch self {
    case .identity:
      return nil
    case .gzip:
      return .gzip
    case .deflate:
      return .zlib
    }
  }
}

@available(GRPCWeb 1.0, *)
extension MessageEncoding {
  /// The encoding of a compression algorithm of gRPC Swift: identity for an algorithm that this
  /// platform doesn't support.
  init(_ algorithm: CompressionAlgorithm) {
    switch algorithm {
    case .gzip where Self.gzip.isSupported:
      self = .gzip
    case .deflate where Self.deflate.isSupported:
      self = .deflate
    default:
      self = .identity
    }
  }
}
