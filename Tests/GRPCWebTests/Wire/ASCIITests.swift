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

  @Test("Only letters of ASCII become lower-case: others could become letters of ASCII")
  @available(GRPCWeb 1.0, *)
  func lowercasing() {
    #expect("grpc-Web_1".lowercasedASCII() == "grpc-web_1")
    #expect(
      Array("\u{212a}K\u{130}\u{c9}".lowercasedASCII().utf8) == Array("\u{212a}k\u{130}\u{c9}".utf8)
    )
    #expect("".lowercasedASCII().isEmpty)
  }

  @Test("Text is split by bytes, whatever is equivalent to the separator or combines with it")
  @available(GRPCWeb 1.0, *)
  func splitting() {
    let semicolon = UInt8(ascii: ";")
    #expect("a;;b;".split(atByte: semicolon) == ["a", "b"])
    #expect("a\u{37e}b".split(atByte: semicolon).count == 1)
    #expect("a;\u{301}b".split(atByte: semicolon).count == 2)
    #expect("a;\u{301}b".prefix(beforeByte: semicolon) == "a")
    #expect("ab".prefix(beforeByte: semicolon) == "ab")
    #expect(";".prefix(beforeByte: semicolon).isEmpty)
  }

  @Test(
    "A prefix of so many bytes ends between two scalars",
    arguments: [
      ("abc", 2, "ab"), ("abc", 3, "abc"), ("abc", 4, "abc"), ("a\u{e9}b", 2, "a"),
      ("a\u{e9}b", 3, "a\u{e9}"), ("\u{1f600}", 3, ""), ("e\u{301}\u{302}", 3, "e\u{301}"),
      ("abc", 0, ""),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func prefixOfBytes(text: String, count: Int, prefix: String) {
    #expect(Array(text.prefix(maximumBytes: count).utf8) == Array(prefix.utf8))
  }
}
