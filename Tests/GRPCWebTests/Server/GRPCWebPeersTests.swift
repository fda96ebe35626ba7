import GRPCWeb
import NIOCore
import Testing

struct GRPCWebPeersTests {
  @Test("Peers are described as gRPC Swift describes them")
  @available(GRPCWeb 1.0, *)
  func descriptions() throws {
    let peers = GRPCWebPeers(
      remote: try SocketAddress(ipAddress: "127.0.0.1", port: 31415),
      local: try SocketAddress(ipAddress: "::1", port: 443)
    )
    #expect(peers.remote == "ipv4:127.0.0.1:31415")
    #expect(peers.local == "ipv6:[::1]:443")
  }

  @Test("The path of a socket in the file system is described")
  @available(GRPCWeb 1.0, *)
  func unixDomainSocket() throws {
    let address = try SocketAddress(unixDomainSocketPath: "/run/app.sock")
    #expect(GRPCWebPeers(remote: address, local: nil).remote == "unix:/run/app.sock")
  }

  @Test("An end that isn't known is unknown")
  @available(GRPCWeb 1.0, *)
  func unknown() {
    #expect(GRPCWebPeers(remote: nil, local: nil) == .unknown)
  }
}
