/// The codings of HTTP's `content-encoding` (RFC 9110, section 8.4), which gRPC-Web itself doesn't
/// use.
enum ContentCoding {
  /// Returns the codings that a `content-encoding` header lists, `identity` left out.
  static func codings(in header: String) -> [Substring] {
    header.split(atByte: UInt8(ascii: ","))
      .map { $0.trimmingWhitespace() }
      .filter { !$0.isEmpty && !$0.equalsASCII("identity") }
  }
}
