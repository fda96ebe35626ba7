import NIOHTTP1
import Testing

@testable import GRPCWebNIO

@Suite
struct HTTP1HeadFactsTests {
  @Test(
    "Requirement 30: a host is a name or an address, and perhaps a port",
    arguments: [
      "localhost", "example.org:8080", "127.0.0.1:1", "[::1]", "[::1]:443", "a_b~c", "", "x:",
      "%41",
    ]
  )
  func hosts(host: String) throws {
    #expect(HTTP1HeadFacts.isHost(host))
    try HTTP1HeadFacts(["Host": host]).validate(version: .http1_1)
  }

  @Test(
    "RFC 9112, section 3.2: a value with anything else is no host",
    arguments: [
      "a b", "a/b", "user@host", "host:port", "host:80:80", "[::1", "[]", "[::1]x", "a,b c", "é",
      "a\u{7f}",
      "::1",
    ]
  )
  func invalidHosts(host: String) {
    #expect(!HTTP1HeadFacts.isHost(host))
    #expect(throws: HTTP1RequestError.invalidHost) {
      try HTTP1HeadFacts(["host": host]).validate(version: .http1_1)
    }
  }

  @Test("A head has one host; in HTTP/1.0 it may have none")
  func hostCount() throws {
    #expect(throws: HTTP1RequestError.invalidHost) {
      try HTTP1HeadFacts([:]).validate(version: .http1_1)
    }
    #expect(throws: HTTP1RequestError.invalidHost) {
      try HTTP1HeadFacts(["host": "a", "HOST": "a"]).validate(version: .http1_1)
    }
    try HTTP1HeadFacts([:]).validate(version: .http1_0)
    #expect(throws: HTTP1RequestError.invalidHost) {
      try HTTP1HeadFacts(["host": "a", "host": "b"]).validate(version: .http1_0)
    }
  }

  @Test("RFC 9112, section 6.1: HTTP/1.0 has no transfer codings")
  func transferEncoding() throws {
    let facts = HTTP1HeadFacts(["host": "a", "Transfer-Encoding": "chunked"])
    try facts.validate(version: .http1_1)
    #expect(throws: HTTP1RequestError.transferEncodingInHTTP1_0) {
      try facts.validate(version: .http1_0)
    }
  }

  @Test("An upgrade is offered by the field of that name")
  func upgrade() {
    #expect(HTTP1HeadFacts(["Upgrade": "h2c"]).offersUpgrade)
    #expect(!HTTP1HeadFacts(["connection": "upgrade", "x-upgrade": "h2c"]).offersUpgrade)
    #expect(HTTP1HeadFacts(["host": "first", "x": "y"]).host == "first")
  }
}
