extension StringProtocol {
  /// Returns whether the string is `other`, a string in lower case, with letters compared without
  /// case.
  package func equalsASCII(_ other: String) -> Bool {
    self.utf8.count == other.utf8.count && self.hasASCIIPrefix(other)
  }

  /// Returns whether the string starts with `prefix`, a string in lower case, with letters compared
  /// without case.
  func hasASCIIPrefix(_ prefix: String) -> Bool {
    guard self.utf8.count >= prefix.utf8.count else { return false }
    return zip(self.utf8, prefix.utf8).allSatisfy { $0.lowercasedASCII == $1 }
  }
}

extension StringProtocol {
  /// The string with ASCII letters in lower case, and all other characters unchanged.
  ///
  /// `lowercased()` maps some letters outside ASCII to ASCII: the Kelvin sign becomes `k`.
  func lowercasedASCII() -> String {
    guard self.utf8.contains(where: { $0 != $0.lowercasedASCII }) else { return String(self) }
    return String(decoding: self.utf8.map(\.lowercasedASCII), as: UTF8.self)
  }
}

extension StringProtocol where SubSequence == Substring {
  /// The parts of the string between occurrences of an ASCII character, empty parts left out.
  ///
  /// Compares bytes: a String treats the character and a combining character after it as one, and
  /// some other characters as equal to it.
  package func split(atByte separator: UInt8) -> [Substring] {
    self[...].utf8.split(separator: separator).map { Substring($0) }
  }

  /// The part of the string before the first occurrence of an ASCII character; the whole string if
  /// there is none.
  func prefix(beforeByte separator: UInt8) -> Substring {
    let text = self[...]
    return text[..<(text.utf8.firstIndex(of: separator) ?? text.endIndex)]
  }

  /// The longest prefix of whole Unicode scalars that takes at most `count` bytes of UTF-8.
  func prefix(maximumBytes count: Int) -> Substring {
    let text = self[...]
    guard text.utf8.count > count else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: count)
    // Bytes of the form 10xxxxxx continue a scalar.
    while end > text.startIndex && text.utf8[end] & 0xc0 == 0x80 {
      end = text.utf8.index(before: end)
    }
    return text[..<end]
  }

  /// The string without leading and trailing spaces and tabs.
  package func trimmingWhitespace() -> Substring {
    // Compares bytes: a String treats a space and a combining character after it as one character.
    let text = self[...]
    guard
      let first = text.utf8.firstIndex(where: { !$0.isHTTPWhitespace }),
      let last = text.utf8.lastIndex(where: { !$0.isHTTPWhitespace })
    else {
      return ""
    }
    return text[first ..< text.utf8.index(after: last)]
  }
}

extension StringProtocol {
  /// Whether the string contains U+FFFD, which SwiftNIO puts in the place of bytes that aren't
  /// UTF-8.
  var hasReplacementCharacter: Bool {
    // Fast path: nearly all header values are ASCII, which one pass without branches shows.
    let bits = self.utf8.withContiguousStorageIfAvailable { $0.reduce(0 as UInt8, |) }
    guard bits.map({ $0 >= 0x80 }) ?? true else { return false }
    return self.unicodeScalars.contains("\u{fffd}")
  }
}

extension UInt8 {
  /// Whether the byte is a space or a tab, the whitespace allowed around the values of HTTP fields.
  var isHTTPWhitespace: Bool {
    self == UInt8(ascii: " ") || self == UInt8(ascii: "\t")
  }

  fileprivate var lowercasedASCII: UInt8 {
    (UInt8(ascii: "A") ... UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
  }
}
