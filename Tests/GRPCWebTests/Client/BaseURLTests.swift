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
      ("http://user:password@host:1", "http", "user:password@host:1", ""),
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
      "http://host\r\nx: y", "http://?query", "http://#", "unix:///socket",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func invalid(url: String) {
    #expect(BaseURL(url) == nil)
  }
}
