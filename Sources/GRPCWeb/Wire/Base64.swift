/// The standard base64 alphabet (RFC 4648, section 4), with and without padding.
@available(GRPCWeb 1.0, *)
enum Base64 {
  /// The character that fills the last quantum.
  static let padding = UInt8(ascii: "=")

  /// The entry of the decoding table for a byte that isn't in the alphabet.
  static let invalid: UInt8 = 0xff

  static let alphabet = [UInt8](
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
  )

  static let values: [UInt8] = {
    var values = [UInt8](repeating: Self.invalid, count: 256)
    for (value, character) in Self.alphabet.enumerated() {
      values[Int(character)] = UInt8(value)
    }
    return values
  }()

  /// The number of characters that `count` bytes are encoded to, padding included.
  static func encodedCount(of count: Int) -> Int {
    (count + 2) / 3 * 4
  }

  /// Encodes `bytes` with padding into `output`, which has room for ``encodedCount(of:)``.
  ///
  /// - Returns: The number of characters written.
  static func encode(
    _ bytes: UnsafeRawBufferPointer,
    into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    Self.alphabet.withUnsafeBufferPointer { alphabet in
      var written = 0
      var read = 0

      while read + 3 <= bytes.count {
        let quantum =
          UInt32(bytes[read]) << 16 | UInt32(bytes[read + 1]) << 8 | UInt32(bytes[read + 2])
        output[written] = alphabet[Int(quantum >> 18)]
        output[written + 1] = alphabet[Int(quantum >> 12 & 0x3f)]
        output[written + 2] = alphabet[Int(quantum >> 6 & 0x3f)]
        output[written + 3] = alphabet[Int(quantum & 0x3f)]
        read += 3
        written += 4
      }

      let left = bytes.count - read
      if left > 0 {
        let second = left == 2 ? UInt32(bytes[read + 1]) : 0
        let quantum = UInt32(bytes[read]) << 16 | second << 8
        output[written] = alphabet[Int(quantum >> 18)]
        output[written + 1] = alphabet[Int(quantum >> 12 & 0x3f)]
        output[written + 2] = left == 2 ? alphabet[Int(quantum >> 6 & 0x3f)] : Self.padding
        output[written + 3] = Self.padding
        written += 4
      }

      return written
    }
  }

  /// Encodes `bytes` without padding, as gRPC sends the values of binary metadata.
  static func encodeUnpadded(_ bytes: [UInt8]) -> String {
    let padding = (3 - bytes.count % 3) % 3
    let capacity = Self.encodedCount(of: bytes.count)
    return String(unsafeUninitializedCapacity: capacity) { characters in
      bytes.withUnsafeBytes { bytes in
        Self.encode(bytes, into: UnsafeMutableRawBufferPointer(characters)) - padding
      }
    }
  }

  /// Decodes text with or without padding.
  ///
  /// - Returns: The bytes, or `nil` when the text isn't base64.
  static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { Self.decode(UnsafeRawBufferPointer($0)) }
  }

  /// Decodes characters with or without padding.
  ///
  /// - Returns: The bytes, or `nil` when the characters aren't base64.
  static func decode(_ characters: UnsafeRawBufferPointer) -> [UInt8]? {
    var isValid = false
    // Each quantum, also one that is incomplete, decodes to at most three bytes.
    let capacity = (characters.count + 3) / 4 * 3
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
      var decoder = TextDecoder()
      let output = UnsafeMutableRawBufferPointer(output)
      guard
        let written = decoder.decode(characters, into: output),
        let rest = decoder.decodeUnpaddedEnd(into: output, at: written)
      else {
        return
      }
      isValid = true
      count = written + rest
    }
    return isValid ? bytes : nil
  }
}
