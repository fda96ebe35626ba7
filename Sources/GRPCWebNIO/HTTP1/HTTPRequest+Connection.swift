internal import HTTPTypes

extension HTTPRequest {
  /// Whether the client wants the connection closed behind the response (RFC 9112, section 9.6).
  var closesConnection: Bool {
    guard let options = self.headerFields[.connection] else { return false }
    return options.lowercased().split(separator: ",").contains { option in
      option.drop { $0 == " " }.prefix { $0 != " " } == "close"
    }
  }
}
