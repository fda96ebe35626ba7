extension StringProtocol {
  /// Returns whether the string is `other`, which is in lower case, letters compared without case.
  func equalsASCII(_ other: String) -> Bool {
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
  func trimmingWhitespace() -> Substring {
    let trimmed = self.drop { $0 == " " || $0 == "\t" }
    guard let last = trimmed.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
    return trimmed[...last]
  }
}

extension UInt8 {
  fileprivate var lowercasedASCII: UInt8 {
    (UInt8(ascii: "A") ... UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
  }
}
