internal import GRPCCore
internal import NIOCore

/// Decodes the body of the text mode, `application/grpc-web-text`, in whatever chunks it arrives.
///
/// Characters are decoded in quanta of four. Padding ends a run of base64, and the next character
/// starts another: senders pad at every flush. An error is final.
@available(GRPCWeb 1.0, *)
struct TextDecoder: Sendable {
  /// The values of the characters of an incomplete quantum, six bits each.
  private var quantum: UInt32 = 0
  /// The number of characters of the incomplete quantum, padding included.
  private var count = 0
  /// The number of padding characters in the incomplete quantum.
  private var paddingCount = 0

  /// Decodes a chunk.
  ///
  /// - Parameter text: The next characters of the body.
  /// - Returns: The bytes of all quanta that are whole by now.
  /// - Throws: `internalError` when a character has no place in base64.
  mutating func decode(_ text: ByteBuffer) throws(RPCError) -> ByteBuffer {
    var bytes = ByteBuffer()
    let capacity = (self.count + text.readableBytes) / 4 * 3
    let isValid = text.withUnsafeReadableBytes { characters in
      var isValid = true
      bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { output in
        guard let written = self.decode(characters, into: output) else {
          isValid = false
          return 0
        }
        return written
      }
      return isValid
    }

    guard isValid else {
      throw RPCError(code: .internalError, message: "The body isn't valid base64.")
    }
    return bytes
  }

  /// Checks that the body doesn't end inside a quantum.
  ///
  /// - Throws: `internalError` when the body ends inside a quantum.
  func finish() throws(RPCError) {
    if self.count > 0 {
      throw RPCError(
        code: .internalError,
        message: "The body isn't valid base64: it ends inside a group of four characters."
      )
    }
  }

  /// Decodes the last, incomplete quantum of a text whose padding may be missing.
  ///
  /// - Returns: The number of bytes written into `output` at `offset`, or `nil` when a text can't
  ///   end with such a quantum.
  mutating func decodeUnpaddedEnd(
    into output: UnsafeMutableRawBufferPointer,
    at offset: Int
  ) -> Int? {
    guard self.count > 0 else { return 0 }
    while self.count < 4 {
      guard self.append(Base64.padding, value: Base64.invalid) else { return nil }
    }
    return self.takeQuantum(into: output, at: offset)
  }

  /// Decodes `characters` into `output`, which must have room for three bytes a quantum.
  ///
  /// - Returns: The number of bytes written, or `nil` when a character has no place in base64.
  mutating func decode(
    _ characters: UnsafeRawBufferPointer,
    into output: UnsafeMutableRawBufferPointer
  ) -> Int? {
    Base64.values.withUnsafeBufferPointer { values in
      var written = 0
      var read = 0

      while read < characters.count {
        // Fast path for whole quanta without padding: nearly all of a body.
        while self.count == 0 && read + 4 <= characters.count {
          let first = values[Int(characters[read])]
          let second = values[Int(characters[read + 1])]
          let third = values[Int(characters[read + 2])]
          let fourth = values[Int(characters[read + 3])]
          // Only the table entry of an invalid character has one of the two high bits set.
          guard (first | second | third | fourth) & 0xc0 == 0 else { break }

          output[written] = first << 2 | second >> 4
          output[written + 1] = second << 4 | third >> 2
          output[written + 2] = third << 6 | fourth
          read += 4
          written += 3
        }

        guard read < characters.count else { break }
        guard self.append(characters[read], value: values[Int(characters[read])]) else {
          return nil
        }
        read += 1

        if self.count == 4 {
          written += self.takeQuantum(into: output, at: written)
        }
      }

      return written
    }
  }

  /// Adds one character to the quantum.
  ///
  /// - Returns: Whether base64 allows the character at this place.
  private mutating func append(_ character: UInt8, value: UInt8) -> Bool {
    if character == Base64.padding {
      guard self.count >= 2 else { return false }
      self.paddingCount += 1
      self.quantum <<= 6
    } else {
      guard value != Base64.invalid && self.paddingCount == 0 else { return false }
      self.quantum = self.quantum << 6 | UInt32(value)
    }
    self.count += 1
    return true
  }

  private mutating func takeQuantum(
    into output: UnsafeMutableRawBufferPointer,
    at offset: Int
  ) -> Int {
    let size = 3 - self.paddingCount
    for index in 0 ..< size {
      output[offset + index] = UInt8(truncatingIfNeeded: self.quantum >> (16 - 8 * index))
    }
    self.quantum = 0
    self.count = 0
    self.paddingCount = 0
    return size
  }
}
