import Testing

@testable import GRPCWeb

@Suite("Message encoding")
struct MessageEncodingTests {
  @Test(
    "Requirement 18: what a header names, without case",
    arguments: [
      (nil, .identity), ("identity", .identity), ("gzip", .gzip), ("deflate", .deflate),
      ("GZIP", .gzip), (" gzip\t", .gzip), ("br", nil), ("", nil), ("gzip, deflate", nil),
      ("x-gzip", nil), ("snappy", nil),
    ] as [(String?, MessageEncoding?)]
  )
  @available(GRPCWeb 1.0, *)
  func header(header: String?, encoding: MessageEncoding?) {
    #expect(MessageEncoding(header: header) == encoding)
  }

  @Test(
    "Requirement 18: of what a header lists, what is known, in its order",
    arguments: [
      ("", []), (",", []), ("br", []), ("gzip", [.gzip]), ("identity", [.identity]),
      ("deflate,gzip", [.deflate, .gzip]), ("identity, br ,GZip", [.identity, .gzip]),
      ("gzip;q=1", []),
    ] as [(String, [MessageEncoding])]
  )
  @available(GRPCWeb 1.0, *)
  func known(header: String, encodings: [MessageEncoding]) {
    #expect(MessageEncoding.known(in: header) == encodings)
  }

  @Test("Requirement 18: all that is supported is announced")
  @available(GRPCWeb 1.0, *)
  func supported() {
    #expect(MessageEncoding.supported == "identity,gzip,deflate")
    #expect(MessageEncoding.known(in: MessageEncoding.supported) == MessageEncoding.allCases)
  }

  @Test("Requirement 18: deflate is zlib's format")
  @available(GRPCWeb 1.0, *)
  func formats() {
    #expect(MessageEncoding.identity.format == nil)
    #expect(MessageEncoding.gzip.format == .gzip)
    #expect(MessageEncoding.deflate.format == .zlib)
  }
}
