import Testing

@testable import GRPCWeb

@Suite("Base URL")
struct BaseURLTests {
  @Test(
    "URLs that are ones",
    arguments: [
      ("http://localhost:8080", "http", "localhost:8080", ""),
      ("https://example.org/", "https", "example.org", ""),
      ("HTTPS://example.org/api", "https", "example.org", "/api"),
      ("http://example.org/a/b//", "http", "example.org", "/a/b"),
      ("localhost:8080", "http", "localhost:8080", ""),
      ("localhost/api", "http", "localhost", "/api"),
      ("http://[::1]:8080/x", "http", "[::1]:8080", "/x"),
      ("http://127.0.0.1", "http", "127.0.0.1", ""),
      ("http://user:password@host:1", "http", "host:1", ""),
      ("http://user@host/@path", "http", "host", "/@path"),
      ("http://host/path?query=/#fragment", "http", "host", "/path"),
      ("http://host?query", "http", "host", ""),
      ("http://host#fragment/", "http", "host", ""),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func valid(url: String, scheme: String, authority: String, path: String) throws {
    let base = try #require(BaseURL(url))
    #expect(base.scheme == scheme)
    #expect(base.authority == authority)
    #expect(base.path == path)
  }

  @Test(
    "URLs that are none",
    arguments: [
      "", "/", "http://", "https:///path", "ftp://host", "ws://host", "://host", "http://:8080",
      "http://user@", "http://@", "http://user@:80", "http://ho st", "http://h\u{f6}st",
      "http://host:x", "http://host:0", "http://host:65536", "http://[::1", "http://[::1]x",
      "http://host\r\nx: y", "http://?query", "http://#", "unix:///socket",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func invalid(url: String) {
    #expect(BaseURL(url) == nil)
  }

  @Test(
    "The server as gRPC names peers, with the port",
    arguments: [
      ("http://localhost:8080", "dns:localhost:8080"),
      ("https://example.org", "dns:example.org:443"),
      ("http://example.org/api", "dns:example.org:80"), ("http://127.0.0.1", "ipv4:127.0.0.1:80"),
      ("https://[::1]:8443/x", "ipv6:[::1]:8443"), ("https://[fe80::1]", "ipv6:[fe80::1]:443"),
      ("http://1.2.3.4.example:1", "dns:1.2.3.4.example:1"),
      ("http://256.1.1.1", "dns:256.1.1.1:80"),
      ("http://user:secret@host", "dns:host:80"),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func peer(url: String, peer: String) {
    #expect(BaseURL(url)?.peer == peer)
  }

  @Test(
    "A user and a password are the credentials of basic authentication",
    arguments: [
      ("http://Aladdin:open%20sesame@host", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
      ("http://a:b@c:d@host", "Basic YTpiQGM6ZA=="),
      ("http://user@host", "Basic dXNlcjo="),
      ("http://a:100%@host", "Basic YToxMDAl"),
      ("http://host", nil),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func credentials(url: String, credentials: String?) throws {
    let base = try #require(BaseURL(url))
    #expect(base.credentials == credentials)
  }

  @Test("What is shown of a URL has no credentials, whether or not it is one")
  @available(GRPCWeb 1.0, *)
  func redaction() {
    #expect(BaseURL.redacting("http://user:secret@host/a@b") == "http://host/a@b")
    #expect(BaseURL.redacting("ftp://user:secret@host") == "ftp://host")
    #expect(BaseURL.redacting("user:se@cret@host:x") == "host:x")
    #expect(BaseURL.redacting("http://host?a@b") == "http://host?a@b")
  }
}
