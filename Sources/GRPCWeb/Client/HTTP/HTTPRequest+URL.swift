package import HTTPTypes

extension HTTPRequest {
  /// The URL of a call, which has no user and no password.
  package var url: String {
    "\(self.scheme ?? "http")://\(self.authority ?? "")\(self.path ?? "/")"
  }
}
