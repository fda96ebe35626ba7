/// The base URL of a server, to which the paths of methods are appended.
@available(GRPCWeb 1.0, *)
struct BaseURL: Hashable, Sendable {
  /// The scheme: `http` or `https`.
  let scheme: String

  /// The host, and the port if the URL has one.
  let authority: String

  /// The path below which the services are mounted, without a slash at its end.
  let path: String

  /// The value of `authorization` for the user and the password in the URL, if it has them.
  let credentials: String?

  /// The server in gRPC's form for peers: `dns:example.org:443`, `ipv4:127.0.0.1:80`,
  /// `ipv6:[::1]:80`.
  let peer: String

  /// Parses a URL.
  ///
  /// - Parameter url: The URL, for example `https://example.org/api`. The scheme is `http` if the
  ///   URL has none. A query or fragment is ignored.
  /// - Returns: `nil` when the scheme is neither `http` nor `https`, the host is missing, or the
  ///   port is invalid.
  init?(_ url: String) {
    var rest = url[...]
    var scheme = "http"
    if let separator = url.firstRange(of: "://") {
      scheme = url[..<separator.lowerBound].lowercased()
      rest = url[separator.upperBound...]
    }
    guard scheme == "http" || scheme == "https" else { return nil }

    rest = rest.prefix { $0 != "?" && $0 != "#" }
    let authority = rest.prefix { $0 != "/" }
    guard authority.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
    let hostStart = authority.lastIndex(of: "@").map { authority.index(after: $0) }
    let hostAndPort = authority[(hostStart ?? authority.startIndex)...]
    guard let (host, port) = Self.hostAndPort(in: hostAndPort) else { return nil }

    self.scheme = scheme
    self.authority = String(hostAndPort)
    self.credentials = hostStart.map { Self.basicCredentials(authority[..<$0].dropLast()) }
    self.peer = Self.peer(host: host, port: port ?? (scheme == "https" ? 443 : 80))

    var path = rest[authority.endIndex...]
    while path.last == "/" {
      path.removeLast()
    }
    self.path = String(path)
  }

  private static func hostAndPort(in text: Substring) -> (host: Substring, port: Int?)? {
    let hostEnd =
      text.first == "["
      ? text.firstIndex(of: "]").map { text.index(after: $0) }
      : text.firstIndex(of: ":") ?? text.endIndex
    guard let hostEnd = hostEnd, hostEnd > text.startIndex else { return nil }
    let rest = text[hostEnd...]
    guard !rest.isEmpty && rest != ":" else { return (text[..<hostEnd], nil) }
    guard rest.first == ":", let port = UInt16(rest.dropFirst()), port > 0 else { return nil }
    return (text[..<hostEnd], Int(port))
  }

  private static func peer(host: Substring, port: Int) -> String {
    if host.first == "[" {
      return "ipv6:\(host):\(port)"
    }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    let isIPv4 = parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    return "\(isIPv4 ? "ipv4" : "dns"):\(host):\(port)"
  }

  /// The value of `authorization` for a user and a password as they are written in a URL (RFC
  /// 7617).
  private static func basicCredentials(_ userInfo: Substring) -> String {
    var userInfo = Self.removingPercentEncoding(userInfo)
    if !userInfo.contains(UInt8(ascii: ":")) {
      userInfo.append(UInt8(ascii: ":"))
    }
    var encoded = Base64.encodeUnpadded(userInfo)
    while !encoded.utf8.count.isMultiple(of: 4) {
      encoded.append("=")
    }
    return "Basic \(encoded)"
  }

  private static func removingPercentEncoding(_ text: Substring) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text.utf8
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let escaped = UInt8(String(rest.prefix(2)) ?? "", radix: 16) {
        bytes.append(escaped)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return bytes
  }

  /// The URL without its user and password, to be shown in messages; the URL may be invalid.
  static func redacting(_ url: String) -> String {
    let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
    let end = url[start...].firstIndex { "/?#".contains($0) } ?? url.endIndex
    guard let at = url[start ..< end].lastIndex(of: "@") else { return url }
    return "\(url[..<start])\(url[url.index(after: at)...])"
  }
}
