import Testing

@testable import GRPCWeb

@Suite
struct ForwardedFieldTests {
  @Test(
    "An address is read with its port, and IPv4 in IPv6 is IPv4",
    arguments: [
      ("192.0.2.1", "ipv4:192.0.2.1"), ("192.0.2.1:80", "ipv4:192.0.2.1:80"),
      ("2001:DB8::1", "ipv6:[2001:db8::1]"), ("[2001:db8:0::1]", "ipv6:[2001:db8::1]"),
      ("[2001:db8::1]:65535", "ipv6:[2001:db8::1]:65535"),
      ("::ffff:192.0.2.1", "ipv4:192.0.2.1"), ("[::ffff:c000:201]:1", "ipv4:192.0.2.1:1"),
    ]
  )
  func node(text: String, name: String) {
    #expect(ForwardedNode(text)?.grpcName == name)
  }

  @Test(
    "What isn't an address is none",
    arguments: [
      "", "unknown", "_hidden", "example.org", "192.0.2", "192.0.2.256", "192.0.2.1:",
      "192.0.2.1:x",
      "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:+1", "[192.0.2.1]", "[2001:db8::1",
      "[2001:db8::1]80",
      "[2001:db8::1]:", "[]", "[", ":", "::1::2", "1.2.3.4 5.6.7.8", "fe80::1%eth0", "192.0.2.1\0",
    ]
  )
  func noNode(text: String) {
    #expect(ForwardedNode(text) == nil)
  }

  @Test(
    "The elements of x-forwarded-for are read in order, and one that isn't an address is unknown",
    arguments: [
      ("", []), (" , ,", []), ("192.0.2.1", ["192.0.2.1"]),
      ("192.0.2.1,192.0.2.2:80 , \t2001:db8::1", ["192.0.2.1", "192.0.2.2", "2001:db8::1"]),
      ("<script>, 192.0.2.1", [nil, "192.0.2.1"]), ("\"192.0.2.3, 192.0.2.1", [nil, "192.0.2.1"]),
    ] as [(String, [String?])]
  )
  func xForwardedFor(value: String, addresses: [String?]) {
    let nodes = ForwardedField.xForwardedFor(value)
    #expect(nodes.map { $0?.address.text } == addresses)
  }

  @Test(
    "The parties of forwarded are read in order, and one without an address is unknown",
    arguments: [
      ("", []), (",", []), ("for=192.0.2.1", ["192.0.2.1"]),
      ("For=\"[2001:db8:cafe::17]:4711\"", ["2001:db8:cafe::17"]),
      ("for=192.0.2.60;proto=http;by=203.0.113.43", ["192.0.2.60"]),
      ("for=192.0.2.43, for=198.51.100.17;", ["192.0.2.43", "198.51.100.17"]),
      ("for=unknown, by=192.0.2.1 , for=\"_x, y\"", [nil, nil, nil]),
      ("host=\"a,for=192.0.2.9;\\\"\";for=192.0.2.1", ["192.0.2.1"]),
      ("for=192.0.2.1:80,, for=[2001:db8::1]", ["192.0.2.1", "2001:db8::1"]),
    ] as [(String, [String?])]
  )
  func forwarded(value: String, addresses: [String?]) throws {
    let nodes = try #require(ForwardedField.forwarded(value))
    #expect(nodes.map { $0?.address.text } == addresses)
  }

  @Test(
    "A malformed value of forwarded has no parties, as a client could hide what its proxy added",
    arguments: [
      "for=\"192.0.2.1, for=192.0.2.2", "for=x;a=\", for=\"[2001:db8::1]:80\"", "for", "for=", "=1",
      "for=1=2", "for=192.0.2.1 for=192.0.2.2", "for=192.0.2.1;for=192.0.2.2", "for=\"a\"b",
      "for=\"192.0.2.1\\",
    ]
  )
  func malformed(value: String) {
    #expect(ForwardedField.forwarded(value) == nil)
  }

  @Test("Any bytes are read without a fault")
  func anyBytes() {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("for=\",;[]:. \t\\19af_".utf8)
    for _ in 0 ..< 2_000 {
      let bytes = (0 ..< Int.random(in: 0 ... 24, using: &random)).map { _ in
        alphabet.randomElement(using: &random) ?? 0
      }
      let value = String(decoding: bytes, as: UTF8.self)
      let nodes = ForwardedField.forwarded(value) ?? []
      #expect(nodes.count <= value.utf8.count)
      #expect(ForwardedField.xForwardedFor(value).count <= value.utf8.count)
    }
  }
}
