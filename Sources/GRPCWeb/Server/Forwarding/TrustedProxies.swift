internal import HTTPTypes

@available(GRPCWeb 1.0, *)
extension GRPCWebServer.Config {
  /// The proxies before the server that tell the truth about whom they forward requests for.
  ///
  /// Then services see the address of the client in `ServerContext.remotePeer`, and observers in
  /// ``GRPCWebPeers/remote``, where they would see that of a proxy. An address from a header has a port only where the
  /// header has one.
  ///
  /// ```swift
  /// config.trustedProxies = .count(1)
  /// config.trustedProxies = try .addresses(["10.0.0.0/8", "2001:db8::7"], field: .forwarded)
  /// ```
  ///
  /// Anybody can send these headers, and proxies add to them at the end. So they are read from the end, and only as far
  /// as proxies are trusted; whatever a client wrote before is ignored. Trust no more proxies than there are, and only
  /// with servers that can't be reached but through them. Where a trusted proxy names no address (RFC 7239 allows
  /// `unknown`), or the header is malformed or missing, the last party that is known counts as the client.
  public struct TrustedProxies: Hashable, Sendable {
    /// The header in which proxies name their clients.
    ///
    /// One only: a proxy that adds to one may pass on whatever a client sent in the other.
    public enum Field: Hashable, Sendable {
      /// `x-forwarded-for`, which most proxies send.
      case xForwardedFor
      /// `forwarded` (RFC 7239).
      case forwarded
    }

    /// A text that names neither an address nor a network.
    public struct InvalidAddress: Error, Hashable, CustomStringConvertible {
      /// The text.
      public var text: String

      /// What is wrong.
      public var description: String {
        "'\(self.text.excerpt)' is neither an IP address, nor a network such as '10.0.0.0/8', nor 'unix:'."
      }
    }

    private enum Trust: Hashable, Sendable {
      case none
      case count(Int)
      case networks([IPNetwork], unixSockets: Bool)
    }

    private let trust: Trust
    private let field: Field

    /// No proxy is trusted, and no header is read: the client is who has made the connection.
    public static let none = Self(trust: .none, field: .xForwardedFor)

    /// So many proxies are before the server, each of which adds to the header.
    ///
    /// - Parameters:
    ///   - count: How many there are. None are trusted if it isn't positive.
    ///   - field: The header.
    public static func count(_ count: Int, field: Field = .xForwardedFor) -> Self {
      Self(trust: count > 0 ? .count(count) : .none, field: field)
    }

    /// The proxies of some addresses.
    ///
    /// - Parameters:
    ///   - addresses: IP addresses, networks such as `10.0.0.0/8`, or `unix:` for whoever connects to a Unix domain
    ///     socket.
    ///   - field: The header.
    /// - Throws: ``InvalidAddress`` for a text that is none of these.
    public static func addresses(
      _ addresses: [String],
      field: Field = .xForwardedFor
    ) throws(InvalidAddress) -> Self {
      var networks: [IPNetwork] = []
      for text in addresses where text != "unix:" {
        guard let network = IPNetwork(text) else { throw InvalidAddress(text: text) }
        networks.append(network)
      }
      return Self(
        trust: .networks(networks, unixSockets: addresses.contains("unix:")),
        field: field
      )
    }
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebServer.Config.TrustedProxies {
  /// The ends of a connection, with the client that a request was forwarded for in place of a trusted proxy.
  func peers(_ peers: GRPCWebPeers, of fields: HTTPFields) -> GRPCWebPeers {
    let client: ForwardedNode?
    switch self.trust {
    case .none:
      return peers
    case .count(let count):
      client = self.nodes(in: fields).suffix(count).first { $0 != nil } ?? nil
    case .networks(let networks, let unixSockets):
      guard Self.isTrusted(peers.remote, networks: networks, unixSockets: unixSockets) else {
        return peers
      }
      var last: ForwardedNode?
      for node in self.nodes(in: fields).reversed() {
        guard let node = node else { break }
        last = node
        guard networks.contains(where: { $0.contains(node.address) }) else { break }
      }
      client = last
    }

    guard let client = client else { return peers }
    return GRPCWebPeers(remote: client.grpcName, local: peers.local)
  }

  /// The parties that the header names, the nearest last.
  private func nodes(in fields: HTTPFields) -> [ForwardedNode?] {
    let name =
      switch self.field {
      case .xForwardedFor: "x-forwarded-for"
      case .forwarded: "forwarded"
      }
    let value = fields.filter { $0.name.canonicalName == name }.map(\.value).joined(separator: ",")
    switch self.field {
    case .xForwardedFor:
      return ForwardedField.xForwardedFor(value)
    case .forwarded:
      return ForwardedField.forwarded(value) ?? []
    }
  }

  private static func isTrusted(
    _ peer: String,
    networks: [IPNetwork],
    unixSockets: Bool
  ) -> Bool {
    guard let colon = peer.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
    if peer.hasASCIIPrefix("unix:") {
      return unixSockets
    }
    guard let node = ForwardedNode(peer[peer.utf8.index(after: colon)...]) else { return false }
    return networks.contains { $0.contains(node.address) }
  }
}
