#if NIO
internal import NIOCore
internal import NIOPosix

@available(GRPCWeb 1.0, *)
extension GRPCWebNIOServerTransport {
  /// An address to listen on.
  public struct Address: Hashable, Sendable {
    private enum Kind: Hashable {
      case host(String, port: Int)
      case unixDomainSocket(path: String)
    }

    private var kind: Kind

    /// An IPv4 address and a port; port 0 lets the system choose one.
    public static func ipv4(host: String, port: Int) -> Self {
      Self(kind: .host(host, port: port))
    }

    /// An IPv6 address and a port; port 0 lets the system choose one.
    public static func ipv6(host: String, port: Int) -> Self {
      Self(kind: .host(host, port: port))
    }

    /// A host name, which is resolved, and a port; port 0 lets the system choose one.
    public static func hostname(_ name: String, port: Int) -> Self {
      Self(kind: .host(name, port: port))
    }

    /// The path of a Unix domain socket.
    ///
    /// A socket that another process has left at the path is removed.
    public static func unixDomainSocket(path: String) -> Self {
      Self(kind: .unixDomainSocket(path: path))
    }

    func bind(_ bootstrap: ServerBootstrap) async throws -> any Channel {
      switch self.kind {
      case .host(let host, let port):
        return try await bootstrap.bind(host: host, port: port).get()
      case .unixDomainSocket(let path):
        return try await bootstrap.bind(
          unixDomainSocketPath: path,
          cleanupExistingSocketFile: true
        ).get()
      }
    }
  }
}
#endif
