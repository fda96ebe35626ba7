import GRPCCore
import GRPCWebTestSupport
import HTTPTypes
import Testing

@testable import GRPCWeb

@Suite(.timeLimit(.minutes(1)))
struct TrustedProxiesTests {
  @available(GRPCWeb 1.0, *)
  typealias Proxies = GRPCWebServer.Config.TrustedProxies

  /// The client that a server sees behind proxies, the nearest of which has the connection.
  @available(GRPCWeb 1.0, *)
  private static func client(
    _ proxies: Proxies,
    remote: String = "ipv4:10.0.0.1:50000",
    fields: (String, String)...
  ) -> String {
    var headers = HTTPFields()
    for (name, value) in fields {
      if let name = HTTPField.Name(name) {
        headers.append(HTTPField(name: name, value: value))
      }
    }
    let peers = proxies.peers(GRPCWebPeers(remote: remote, local: "ipv4:10.0.0.9:80"), of: headers)
    #expect(peers.local == "ipv4:10.0.0.9:80")
    return peers.remote
  }

  @Test("By default no header is read")
  @available(GRPCWeb 1.0, *)
  func off() {
    #expect(GRPCWebServer.Config.defaults.trustedProxies == .none)
    for proxies in [Proxies.none, .count(0), .count(-1)] {
      let client = Self.client(
        proxies,
        fields: ("x-forwarded-for", "192.0.2.1"),
        ("forwarded", "for=192.0.2.1")
      )
      #expect(client == "ipv4:10.0.0.1:50000")
    }
  }

  @Test(
    "Of so many proxies the last named the client, whatever the client wrote before",
    arguments: [
      (1, "192.0.2.1", "ipv4:192.0.2.1"), (1, "198.51.100.1, 192.0.2.1", "ipv4:192.0.2.1"),
      (2, "198.51.100.1, 192.0.2.1, 10.0.0.2", "ipv4:192.0.2.1"),
      (2, "192.0.2.1", "ipv4:192.0.2.1"), (1, "junk, [2001:db8::1]:80", "ipv6:[2001:db8::1]:80"),
      (1, "192.0.2.1, unknown", "ipv4:10.0.0.1:50000"), (2, "unknown, 10.0.0.2", "ipv4:10.0.0.2"),
      (1, "", "ipv4:10.0.0.1:50000"),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func count(count: Int, value: String, client: String) {
    #expect(Self.client(.count(count), fields: ("x-forwarded-for", value)) == client)
  }

  @Test("A header that is repeated is one list, and the other header isn't read")
  @available(GRPCWeb 1.0, *)
  func fields() {
    #expect(
      Self.client(
        .count(1),
        fields: ("x-forwarded-for", "198.51.100.1"),
        ("X-Forwarded-For", "192.0.2.1"),
        ("forwarded", "for=198.51.100.2")
      ) == "ipv4:192.0.2.1"
    )
    #expect(
      Self.client(
        .count(1, field: .forwarded),
        fields: ("forwarded", "for=198.51.100.1"),
        ("forwarded", "for=192.0.2.1:1;proto=https"),
        ("x-forwarded-for", "198.51.100.2")
      ) == "ipv4:192.0.2.1:1"
    )
    #expect(
      Self.client(
        .count(1, field: .forwarded),
        fields: ("forwarded", "for=\"198.51.100.1"),
        ("forwarded", "for=192.0.2.1")
      ) == "ipv4:10.0.0.1:50000"
    )
  }

  @Test(
    "Among proxies by address, the client is the last party that isn't one",
    arguments: [
      ("ipv4:10.0.0.1:5", "192.0.2.1", "ipv4:192.0.2.1"),
      ("ipv4:10.0.0.1:5", "198.51.100.1, 192.0.2.1, 10.255.0.3, 10.0.0.2", "ipv4:192.0.2.1"),
      ("ipv4:10.0.0.1:5", "10.0.0.3, 10.0.0.2", "ipv4:10.0.0.3"),
      ("ipv4:10.0.0.1:5", "198.51.100.1, unknown, 10.0.0.2", "ipv4:10.0.0.2"),
      ("ipv4:10.0.0.1:5", "", "ipv4:10.0.0.1:5"),
      ("ipv6:[::ffff:10.0.0.1]:5", "192.0.2.1", "ipv4:192.0.2.1"),
      ("ipv6:[2001:db8::7]:5", "192.0.2.1", "ipv4:192.0.2.1"),
      ("ipv6:[2001:db8::8]:5", "192.0.2.1", "ipv6:[2001:db8::8]:5"),
      ("ipv4:11.0.0.1:5", "192.0.2.1", "ipv4:11.0.0.1:5"),
      ("unix:/run/app.sock", "192.0.2.1", "unix:/run/app.sock"),
      ("unknown", "192.0.2.1", "unknown"),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func addresses(remote: String, value: String, client: String) throws {
    let proxies = try Proxies.addresses(["10.0.0.0/8", "2001:db8::7"])
    #expect(Self.client(proxies, remote: remote, fields: ("x-forwarded-for", value)) == client)
  }

  @Test("Whoever connects to a Unix domain socket can be trusted")
  @available(GRPCWeb 1.0, *)
  func unixSocket() throws {
    let proxies = try Proxies.addresses(["unix:"])
    let field = ("x-forwarded-for", "198.51.100.1, 192.0.2.1")
    #expect(Self.client(proxies, remote: "unix:", fields: field) == "ipv4:192.0.2.1")
    #expect(Self.client(proxies, fields: field) == "ipv4:10.0.0.1:50000")
  }

  @Test(
    "A network has the addresses that begin with its bits",
    arguments: [
      ("192.0.2.128/25", "192.0.2.255", true), ("192.0.2.128/25", "192.0.2.127", false),
      ("0.0.0.0/0", "203.0.113.1", true), ("0.0.0.0/0", "2001:db8::1", false),
      ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
      ("192.0.2.1/32", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
    ]
  )
  func network(network: String, address: String, isContained: Bool) throws {
    let address = try #require(IPAddress(address))
    #expect(try #require(IPNetwork(network)).contains(address) == isContained)
  }

  @Test(
    "What names neither an address nor a network is refused with its text",
    arguments: [
      "", "proxy.example", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8", "::/129",
      "10/8",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func invalid(text: String) {
    let error = #expect(throws: Proxies.InvalidAddress.self) {
      try Proxies.addresses(["10.0.0.1", text])
    }
    #expect(error?.text == text)
  }

  @Test("Services and observers see the client behind a trusted proxy")
  @available(GRPCWeb 1.0, *)
  func calls() async throws {
    let observer = RecordingObserver()
    let seen = Recorder<String>()
    let service = ScriptedService(onGet: { request, context in
      seen.append(context.remotePeer)
      return ServerResponse(message: request.message)
    })
    let server = GRPCWebServer(
      services: [service],
      config: .defaults {
        $0.observer = observer
        $0.trustedProxies = .count(1)
      }
    )
    let call = TestCall(fields: [("x-forwarded-for", "198.51.100.1, 192.0.2.1")])
    let answer = try await server.answer(
      call,
      body: TestBody([TestFrame(EchoMessage()).bytes]),
      peers: GRPCWebPeers(remote: "ipv4:10.0.0.1:5", local: "ipv4:10.0.0.9:80")
    )
    #expect(answer.status == 0)
    #expect(seen.values == ["ipv4:192.0.2.1"])
    let record = try await observer.record()
    #expect(record.info.request.peers.remote == "ipv4:192.0.2.1")
    #expect(record.info.request.peers.local == "ipv4:10.0.0.9:80")
  }
}
