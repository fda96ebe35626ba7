public import NIOCore

/// The two ends of a connection, described as gRPC Swift describes them in its `ServerContext`.
@available(GRPCWeb 1.0, *)
public struct GRPCWebPeers: Sendable, Hashable {
  /// The client, for example `ipv4:127.0.0.1:31415`.
  public var remote: String

  /// The server, for example `ipv6:[::1]:443`.
  public var local: String

  /// Where neither end is known, as in a test without a connection.
  public static let unknown = Self(remote: "unknown", local: "unknown")

  /// Creates a description of two ends from descriptions of each.
  public init(remote: String, local: String) {
    self.remote = remote
    self.local = local
  }

  /// Describes the ends of a connection.
  ///
  /// - Parameters:
  ///   - remote: The address of the client, `nil` where it isn't known.
  ///   - local: The address of the server, `nil` where it isn't known.
  public init(remote: SocketAddress?, local: SocketAddress?) {
    self.init(
      remote: remote?.grpcName ?? Self.unknown.remote,
      local: local?.grpcName ?? Self.unknown.local
    )
  }
}

extension SocketAddress {
  /// The address as gRPC names peers.
  package var grpcName: String {
    switch self {
    case .v4:
      return "ipv4:\(self.ipAddress ?? ""):\(self.port ?? 0)"
    case .v6:
      return "ipv6:[\(self.ipAddress ?? "")]:\(self.port ?? 0)"
    case .unixDomainSocket:
      return "unix:\(self.pathname ?? "")"
    }
  }
}
