/// Reads the fields in which proxies name the parties that they forward requests for.
enum ForwardedField {
  /// The elements of `x-forwarded-for`, the last added last; `nil` for one that isn't an address.
  static func xForwardedFor(_ value: String) -> [ForwardedNode?] {
    value.split(atByte: UInt8(ascii: ","))
      .map { $0.trimmingWhitespace() }
      .filter { !$0.isEmpty }
      .map { ForwardedNode($0) }
  }

  /// The parties named `for` in `forwarded` (RFC 7239, section 4), the last added last; `nil` for one without an address.
  ///
  /// - Returns: `nil` for a value that is malformed anywhere. A client could have begun a quoted string there, in which
  ///   what its proxy added would disappear.
  static func forwarded(_ value: String) -> [ForwardedNode?]? {
    var parser = Parser(bytes: Array(value.utf8))
    return parser.parse()
  }

  /// Goes through the bytes of a value of `forwarded`.
  private struct Parser {
    let bytes: [UInt8]
    var position = 0
    var nodes: [ForwardedNode?] = []

    init(bytes: [UInt8]) {
      self.bytes = bytes
    }

    private var next: UInt8? {
      self.position < self.bytes.count ? self.bytes[self.position] : nil
    }

    private mutating func skipWhitespace() {
      while self.next == UInt8(ascii: " ") || self.next == UInt8(ascii: "\t") {
        self.position += 1
      }
    }

    mutating func parse() -> [ForwardedNode?]? {
      while true {
        guard self.parseElement() else { return nil }
        guard let separator = self.next else { return self.nodes }
        guard separator == UInt8(ascii: ",") else { return nil }
        self.position += 1
      }
    }

    /// Reads the pairs up to the next comma.
    ///
    /// - Returns: Whether they were well-formed.
    private mutating func parseElement() -> Bool {
      var isEmpty = true
      var hasFor = false
      var node: ForwardedNode?
      while true {
        self.skipWhitespace()
        if let byte = self.next, byte != UInt8(ascii: ","), byte != UInt8(ascii: ";") {
          guard let (name, value) = self.parsePair() else { return false }
          isEmpty = false
          if name.equalsASCII("for") {
            guard !hasFor else { return false }
            hasFor = true
            node = ForwardedNode(value)
          }
          self.skipWhitespace()
        }
        guard self.next == UInt8(ascii: ";") else { break }
        self.position += 1
      }
      if !isEmpty {
        self.nodes.append(node)
      }
      return true
    }

    private mutating func parsePair() -> (name: String, value: String)? {
      let name = self.takeToken()
      guard !name.isEmpty, self.next == UInt8(ascii: "=") else { return nil }
      self.position += 1
      if self.next == UInt8(ascii: "\"") {
        return self.takeQuoted().map { (name, $0) }
      }
      let value = self.takeToken()
      return value.isEmpty ? nil : (name, value)
    }

    /// Takes what has no delimiter; also colons and brackets, which some proxies don't quote.
    private mutating func takeToken() -> String {
      let start = self.position
      while let byte = self.next, !Self.delimiters.contains(byte) {
        self.position += 1
      }
      return String(decoding: self.bytes[start ..< self.position], as: UTF8.self)
    }

    private static let delimiters = Array(" \t,;=\"".utf8)

    /// Takes a quoted string (RFC 9110, section 5.6.4); `nil` where its end is missing.
    private mutating func takeQuoted() -> String? {
      self.position += 1
      var content: [UInt8] = []
      while let byte = self.next {
        self.position += 1
        switch byte {
        case UInt8(ascii: "\""):
          return String(decoding: content, as: UTF8.self)
        case UInt8(ascii: "\\"):
          guard let escaped = self.next else { return nil }
          self.position += 1
          content.append(escaped)
        default:
          content.append(byte)
        }
      }
      return nil
    }
  }
}
