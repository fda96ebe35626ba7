#if Observability
/// The parts of a peer's name in gRPC's form: `ipv4:127.0.0.1:8080`, `ipv6:[::1]:8080`, `dns:example.org:443`,
/// `unix:/run/app.sock`.
struct PeerName: Hashable, Sendable {
  /// Whether ``address`` is the name of a host, rather than an IP address or a path.
  var isHostName: Bool
  /// An IP address, the path of a socket, or the name of a host.
  var address: String
  /// The port, where there is one: an address that a proxy forwards may have none.
  var port: Int?

  /// Parses the name of a peer.
  ///
  /// - Returns: `nil` if the peer isn't known.
  init?(_ name: String) {
    guard let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let kind = name[..<colon]
    let rest = name[name.utf8.index(after: colon)...]
    self.isHostName = kind == "dns"

    var host = rest
    let portStart = rest.utf8.lastIndex(of: UInt8(ascii: ":"))
    if kind != "unix", let portStart = portStart, rest.utf8.last != UInt8(ascii: "]") {
      host = rest[..<portStart]
      self.port = Int(rest[rest.utf8.index(after: portStart)...])
    }
    if host.utf8.first == UInt8(ascii: "["), host.utf8.last == UInt8(ascii: "]") {
      host = host.dropFirst().dropLast()
    }
    self.address = String(host)
  }
}
#endif
