import Testing

@testable import GRPCWebObservability

@Suite("Names of peers")
struct PeerNameTests {
  @Test("An address and its port are taken apart")
  func address() throws {
    let ipv4 = try #require(PeerName("ipv4:127.0.0.1:8080"))
    #expect(ipv4.address == "127.0.0.1")
    #expect(ipv4.port == 8080)
    #expect(!ipv4.isHostName)

    let ipv6 = try #require(PeerName("ipv6:[::1]:443"))
    #expect(ipv6.address == "::1")
    #expect(ipv6.port == 443)
  }

  @Test("An address that a proxy names may have no port")
  func noPort() throws {
    for (name, address) in [("ipv4:192.0.2.1", "192.0.2.1"), ("ipv6:[2001:db8::1]", "2001:db8::1")]
    {
      let peer = try #require(PeerName(name))
      #expect(peer.address == address)
      #expect(peer.port == nil)
    }
  }

  @Test("The name of a host is told from an address")
  func hostName() throws {
    let peer = try #require(PeerName("dns:example.org:443"))
    #expect(peer.address == "example.org")
    #expect(peer.port == 443)
    #expect(peer.isHostName)
  }

  @Test("The path of a socket has no port, whatever is in it")
  func path() throws {
    let peer = try #require(PeerName("unix:/run/a:1"))
    #expect(peer.address == "/run/a:1")
    #expect(peer.port == nil)
  }

  @Test("A peer that isn't known has no address", arguments: ["unknown", ""])
  func unknown(_ name: String) {
    #expect(PeerName(name) == nil)
  }
}
