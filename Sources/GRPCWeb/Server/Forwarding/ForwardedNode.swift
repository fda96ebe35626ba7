/// One party of a forwarded request, as a proxy names it (RFC 7239, section 6).
struct ForwardedNode: Hashable, Sendable {
  var address: IPAddress
  var port: Int?

  /// Reads an address, perhaps with a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
  ///
  /// - Returns: `nil` for everything else, such as `unknown`, or a name that hides the address.
  init?(_ text: some StringProtocol) {
    let text = Substring(text)
    let colon = UInt8(ascii: ":")
    var address = text
    var port: Substring?
    if text.utf8.first == UInt8(ascii: "[") {
      guard let end = text.utf8.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      address = text[text.utf8.index(after: text.startIndex) ..< end]
      let rest = text[text.utf8.index(after: end)...]
      guard rest.isEmpty || rest.utf8.first == colon, address.utf8.contains(colon) else {
        return nil
      }
      port = rest.isEmpty ? nil : rest[rest.utf8.index(after: rest.startIndex)...]
    } else if let first = text.utf8.firstIndex(of: colon), text.utf8.lastIndex(of: colon) == first {
      address = text[..<first]
      port = text[text.utf8.index(after: first)...]
    }

    guard let known = IPAddress(address) else { return nil }
    self.address = known
    if let port = port {
      guard port.utf8.allSatisfy({ (UInt8(ascii: "0") ... UInt8(ascii: "9")).contains($0) }),
        let number = UInt16(port)
      else {
        return nil
      }
      self.port = Int(number)
    }
  }

  /// The node as gRPC names peers; without a port where none is known.
  var grpcName: String {
    let port = self.port.map { ":\($0)" } ?? ""
    return self.address.bytes.count == 4
      ? "ipv4:\(self.address.text)\(port)" : "ipv6:[\(self.address.text)]\(port)"
  }
}
