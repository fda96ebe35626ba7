/// An HTTP/1.1 response, taken from the bytes of a connection.
@available(GRPCWeb 1.0, *)
struct RawResponse {
  /// What has come of the response.
  var answer: TestAnswer
  /// Whether that is all of it.
  var isComplete: Bool
  /// The number of bytes that it took.
  var length: Int

  /// Parses a response, or what is there of it.
  ///
  /// - Returns: `nil` as long as its head isn't whole.
  init?(parsing bytes: [UInt8], isClosed: Bool) throws {
    guard let end = Self.range(of: "\r\n\r\n", in: bytes[...]) else { return nil }

    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
      .split(separator: "\r\n", omittingEmptySubsequences: false)
    let statusLine = lines[0].split(separator: " ", maxSplits: 2)
    guard statusLine.count >= 2, ["HTTP/1.1", "HTTP/1.0"].contains(statusLine[0]),
      let status = Int(statusLine[1])
    else {
      throw TestAnswer.Malformed(description: "The status line '\(lines[0])'.")
    }
    let headers = try lines.dropFirst().map { line in
      guard let colon = line.firstIndex(of: ":") else {
        throw TestAnswer.Malformed(description: "The header '\(line)'.")
      }
      let value = line[colon...].dropFirst().drop { $0 == " " }
      return TestAnswer.Field(line[..<colon].lowercased(), String(value))
    }

    let rest = bytes[end.upperBound...]
    let body: [UInt8]
    let used: Int?
    let contentLength = headers.first { $0.name == "content-length" }
    let isChunked = headers.contains { $0.name == "transfer-encoding" && $0.value == "chunked" }
    if status == 204 || status < 200 {
      (body, used) = ([], 0)
    } else if isChunked {
      guard contentLength == nil else {
        throw TestAnswer.Malformed(description: "A chunked response with a length.")
      }
      (body, used) = try Self.dechunk(rest)
    } else if let contentLength = contentLength {
      guard let length = Int(contentLength.value) else {
        throw TestAnswer.Malformed(description: "The length '\(contentLength.value)'.")
      }
      body = Array(rest.prefix(length))
      used = body.count == length ? length : nil
    } else {
      body = Array(rest)
      used = isClosed ? body.count : nil
    }

    self.answer = try TestAnswer(
      httpStatus: status,
      headers: headers,
      body: body,
      isComplete: used != nil
    )
    self.isComplete = used != nil
    self.length = end.upperBound + (used ?? 0)
  }

  /// Takes the chunks of a body together.
  ///
  /// - Returns: The body, and how many bytes it took if it is whole.
  private static func dechunk(_ bytes: ArraySlice<UInt8>) throws -> (body: [UInt8], used: Int?) {
    var body: [UInt8] = []
    var rest = bytes
    while let line = Self.range(of: "\r\n", in: rest) {
      let digits = String(decoding: rest[..<line.lowerBound], as: UTF8.self)
      guard let size = Int(digits, radix: 16) else {
        throw TestAnswer.Malformed(description: "The chunk size '\(digits)'.")
      }
      let chunk = rest[line.upperBound...]
      if size == 0 {
        // No server here sends HTTP trailers.
        return (body, chunk.count >= 2 ? chunk.startIndex + 2 - bytes.startIndex : nil)
      }
      body += chunk.prefix(size)
      guard chunk.count >= size + 2 else { break }
      rest = chunk.dropFirst(size + 2)
    }
    return (body, nil)
  }

  private static func range(
    of separator: StaticString,
    in bytes: ArraySlice<UInt8>
  ) -> Range<Int>? {
    separator.withUTF8Buffer { separator in
      guard bytes.count >= separator.count else { return nil }
      var start = bytes.startIndex
      while start <= bytes.endIndex - separator.count {
        if bytes[start] == separator[0]
          && bytes[start ..< start + separator.count].elementsEqual(separator)
        {
          return start ..< start + separator.count
        }
        start += 1
      }
      return nil
    }
  }
}
