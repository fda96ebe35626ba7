/// The address of a server: where the paths of methods begin.
@available(GRPCWeb 1.0, *)
struct BaseURL: Hashable, Sendable {
  /// The scheme: `http` or `https`.
  var scheme: String

  /// The host, and the port where one is given.
  var authority: String

  /// The path below which the services are mounted, without a slash at its end.
  var path: String

  /// Reads a URL.
  ///
  /// - Parameter url: For example `https://example.org/api`. Without a scheme it is `http`. What
  ///     follows a `?` or a `#` is ignored.
  /// - Returns: `nil` when the scheme is another, or there is no host.
  init?(_ url: String) {
    var rest = url[...]
    self.scheme = "http"
    if let separator = url.firstRange(of: "://") {
      self.scheme = url[..<separator.lowerBound].lowercased()
      rest = url[separator.upperBound...]
    }
    guard self.scheme == "http" || self.scheme == "https" else { return nil }

    rest = rest.prefix { $0 != "?" && $0 != "#" }
    let authority = rest.prefix { $0 != "/" }
    let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
    guard !host.isEmpty && host.first != ":" else { return nil }
    guard authority.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
    self.authority = String(authority)

    var path = rest[authority.endIndex...]
    while path.last == "/" {
      path.removeLast()
    }
    self.path = String(path)
  }
}
