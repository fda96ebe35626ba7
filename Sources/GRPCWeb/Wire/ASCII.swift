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

extension StringProtocol {
  /// The string with the letters of ASCII in lower case, and all else as it is.
  ///
  /// `lowercased()` knows letters that aren't ASCII's and become such, as the Kelvin sign does.
  func lowercasedASCII() -> String {
    guard self.utf8.contains(where: { $0 != $0.lowercasedASCII }) else { return String(self) }
    return String(decoding: self.utf8.map(\.lowercasedASCII), as: UTF8.self)
  }
}

extension StringProtocol where SubSequence == Substring {
  /// The parts between the places where an ASCII character stands, but for those that are empty.
  ///
  /// By bytes: to a String the character and a combining character after it are one, and others are equal
  /// to it.
  package func split(atByte separator: UInt8) -> [Substring] {
    self[...].utf8.split(separator: separator).map { Substring($0) }
  }

  /// The part before the first place where an ASCII character stands; all, where it stands nowhere.
  func prefix(beforeByte separator: UInt8) -> Substring {
    let text = self[...]
    return text[..<(text.utf8.firstIndex(of: separator) ?? text.endIndex)]
  }

  /// The longest prefix of whole Unicode scalars that has at most so many bytes of UTF-8.
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

  /// The string without the spaces and tabs around it.
  package func trimmingWhitespace() -> Substring {
    // By bytes: a space and a combining character after it are one character.
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
  /// Whether the string has U+FFFD in it, which stands for bytes that weren't UTF-8.
  var hasReplacementCharacter: Bool {
    // Nearly all header values are ASCII: one pass without branches tells.
    let bits = self.utf8.withContiguousStorageIfAvailable { $0.reduce(0 as UInt8, |) }
    guard bits.map({ $0 >= 0x80 }) ?? true else { return false }
    return self.unicodeScalars.contains("\u{fffd}")
  }
}

extension UInt8 {
  /// Whether the byte is a space or a tab, which may stand around the values of HTTP's fields.
  var isHTTPWhitespace: Bool {
    self == UInt8(ascii: " ") || self == UInt8(ascii: "\t")
  }

  fileprivate var lowercasedASCII: UInt8 {
    (UInt8(ascii: "A") ... UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
  }
}
