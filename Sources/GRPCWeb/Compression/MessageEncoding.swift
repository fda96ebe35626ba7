internal import GRPCCore

/// An encoding of messages, as `grpc-encoding` and `grpc-accept-encoding` name them.
@available(GRPCWeb 1.0, *)
enum MessageEncoding: String, CaseIterable, Hashable, Sendable {
  case identity
  case gzip
  case deflate

  /// The encodings that are known on this platform, for a `grpc-accept-encoding` header.
  static let supported = Self.allCases.filter(\.isSupported).map(\.rawValue).joined(separator: ",")

  /// Whether messages can be of this encoding: without zlib only of `identity`.
  private var isSupported: Bool {
    self == .identity || ZlibStream.isAvailable
  }

  /// The encoding that a `grpc-encoding` header names: identity without one, `nil` when it names one
  /// that isn't known.
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

  /// Returns the encodings known among those that a header lists.
  static func known(in acceptEncoding: String) -> [Self] {
    acceptEncoding.split(atByte: UInt8(ascii: ",")).compactMap { Self(name: $0) }
  }

  /// The format in which zlib reads and writes it, or `nil` for identity.
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
  /// The encoding that a compression algorithm of gRPC Swift stands for: identity for one that isn't
  /// known on this platform.
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
