import Testing

@testable import GRPCWeb

@Suite("ASCII")
struct ASCIITests {
  @Test(
    "Letters are compared without case",
    arguments: [
      ("gzip", true), ("GZIP", true), ("GzIp", true), ("gzi", false), ("gzipp", false), ("", false),
      ("gz\u{131}p", false),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func equality(text: String, isEqual: Bool) {
    #expect(text.equalsASCII("gzip") == isEqual)
  }

  @Test("Only letters have a case: characters 0x20 apart are different")
  @available(GRPCWeb 1.0, *)
  func onlyLetters() {
    #expect(!"[\\]".equalsASCII("{|}"))
    #expect(!"@".equalsASCII("`"))
  }

  @Test(
    "A prefix is compared without case",
    arguments: [("Q=1", true), ("q=", true), ("q", false), ("aq=", false), ("", false)]
  )
  @available(GRPCWeb 1.0, *)
  func prefix(text: String, hasPrefix: Bool) {
    #expect(text.hasASCIIPrefix("q=") == hasPrefix)
  }

  @Test(
    "Spaces and tabs are trimmed at both ends, and stay inside",
    arguments: [
      ("", ""), (" \t ", ""), ("a", "a"), (" a", "a"), ("a\t", "a"), ("\t a b \t", "a b"),
      ("\na\n", "\na\n"),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func trimming(text: String, trimmed: String) {
    #expect(text.trimmingWhitespace() == trimmed)
  }
}
