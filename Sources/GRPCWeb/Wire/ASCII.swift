extension StringProtocol {
  /// Returns whether the string is `other`, which is in lower case, letters compared without case.
  package func equalsASCII(_ other: String) -> Bool {
    self.utf8.count == other.utf8.count && self.hasASCIIPrefix(other)
  }

  /// Returns whether the string starts with `prefix`, which is in lower case, letters compared
  /// without case.
  func hasASCIIPrefix(_ prefix: String) -> Bool {
    guard self.utf8.count >= prefix.utf8.count else { return false }
    return zip(self.utf8, prefix.utf8).allSatisfy { $0.lowercasedASCII == $1 }
  }
}

extension StringProtocol where SubSequence == Substring {
  /// The string without the spaces and tabs around it.
  package func trimmingWhitespace() -> Substring {
    // By bytes: a space and a combining character after it are one character.
    let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    let text = self[...]
    guard
      let first = text.utf8.firstIndex(where: { !isSpace($0) }),
      let last = text.utf8.lastIndex(where: { !isSpace($0) })
    else {
      return ""
    }
    return text[first ..< text.utf8.index(after: last)]
  }
}

extension UInt8 {
  fileprivate var lowercasedASCII: UInt8 {
    (UInt8(ascii: "A") ... UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
  }
}
