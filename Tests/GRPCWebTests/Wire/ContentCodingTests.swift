import Testing

@testable import GRPCWeb

@Suite("Content coding")
struct ContentCodingTests {
  @Test(
    "Requirement 20: a body has the codings that are listed, but for identity",
    arguments: [
      ("", []), ("identity", []), (" Identity ,identity,, ", []), ("gzip", ["gzip"]),
      ("gzip, identity,\tbr", ["gzip", "br"]), ("identity\u{301}", ["identity\u{301}"]),
      (",\u{301}", ["\u{301}"]),
    ] as [(String, [Substring])]
  )
  func codings(header: String, codings: [Substring]) {
    #expect(ContentCoding.codings(in: header) == codings)
  }
}
