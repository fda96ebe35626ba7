/// The codings of HTTP's `content-encoding` (RFC 9110, section 8.4), of which gRPC-Web has none of its own.
enum ContentCoding {
  /// Returns the codings that a body has, by the value of the header: all that are listed but `identity`.
  static func codings(in header: String) -> [Substring] {
    header.split(atByte: UInt8(ascii: ","))
      .map { $0.trimmingWhitespace() }
      .filter { !$0.isEmpty && !$0.equalsASCII("identity") }
  }
}
