#if NIO
internal import GRPCWeb
internal import HTTPTypes

extension HTTPRequest {
  /// Whether the client wants the connection closed behind the response (RFC 9112, section 9.6).
  var closesConnection: Bool {
    self.lists("close", in: .connection)
  }

  /// Whether the client waits for an interim response before it sends the body (RFC 9110, section 10.1.1).
  var expectsContinue: Bool {
    self.lists("100-continue", in: .expect)
  }

  /// Returns whether a list, which may be spread over several fields, has an element.
  private func lists(_ element: String, in name: HTTPField.Name) -> Bool {
    guard let value = self.headerFields[name] else { return false }
    return value.split(atByte: UInt8(ascii: ",")).contains {
      $0.trimmingWhitespace().equalsASCII(element)
    }
  }
}
#endif
