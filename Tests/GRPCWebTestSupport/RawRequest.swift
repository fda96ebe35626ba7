internal import SwiftProtobuf

/// An HTTP/1.1 request, as bytes.
@available(GRPCWeb 1.0, *)
public struct RawRequest: Sendable {
  /// How the body is written.
  public enum Framing: Sendable {
    /// With a content length.
    case length
    /// With a content length that is not that of the body.
    case falseLength(Int)
    /// In chunks of at most so many bytes, to the end.
    case chunked(Int)
    /// In one chunk, without the end.
    case unfinished
  }

  /// The verb.
  public var method = "POST"
  /// The path, with the query.
  public var path: String
  /// The version of HTTP.
  public var version = "HTTP/1.1"
  /// The headers but for those of the framing.
  public var fields: [(name: String, value: String)]
  /// The body, without framing.
  public var body: [UInt8]
  /// How the body is written.
  public var framing = Framing.length

  /// Creates a request.
  public init(
    method: String = "POST",
    path: String,
    fields: [(name: String, value: String)] = [],
    body: [UInt8] = []
  ) {
    self.method = method
    self.path = path
    self.fields = fields
    self.body = body
  }

  /// A call of the service of `echo.proto`.
  public static func call(
    _ method: String = "Get",
    prefix: String = "",
    contentType: String = "application/grpc-web+proto",
    fields: [(name: String, value: String)] = [],
    body: [UInt8]
  ) -> RawRequest {
    RawRequest(
      path: "\(prefix)/sonora.test.Echo/\(method)",
      fields: [("content-type", contentType), ("x-grpc-web", "1")] + fields,
      body: body
    )
  }

  /// A call of the service of `echo.proto` with a message for each text.
  public static func call(
    _ method: String = "Get",
    prefix: String = "",
    contentType: String = "application/grpc-web+proto",
    fields: [(name: String, value: String)] = [],
    texts: [String]
  ) throws -> RawRequest {
    var body = try texts.flatMap { text in
      try TestFrame(EchoMessage.with { $0.text = text }).bytes
    }
    if contentType.hasPrefix("application/grpc-web-text") {
      body = Array(TestBase64.encode(body).utf8)
    }
    return Self.call(method, prefix: prefix, contentType: contentType, fields: fields, body: body)
  }

  /// The same request with its body written in another way.
  public func framed(_ framing: Framing) -> RawRequest {
    var request = self
    request.framing = framing
    return request
  }

  /// The request as it goes over the wire.
  public var bytes: [UInt8] {
    var head = "\(self.method) \(self.path) \(self.version)\r\nhost: localhost\r\n"
    for field in self.fields {
      head += "\(field.name): \(field.value)\r\n"
    }

    switch self.framing {
    case .length:
      head += "content-length: \(self.body.count)\r\n\r\n"
      return Array(head.utf8) + self.body
    case .falseLength(let length):
      head += "content-length: \(length)\r\n\r\n"
      return Array(head.utf8) + self.body
    case .chunked(let size):
      head += "transfer-encoding: chunked\r\n\r\n"
      var bytes = Array(head.utf8)
      for start in stride(from: 0, to: self.body.count, by: size) {
        bytes += Self.chunk(Array(self.body[start ..< min(start + size, self.body.count)]))
      }
      return bytes + Self.lastChunk
    case .unfinished:
      head += "transfer-encoding: chunked\r\n\r\n"
      return Array(head.utf8) + (self.body.isEmpty ? [] : Self.chunk(self.body))
    }
  }

  /// Bytes as a chunk of a chunked body.
  public static func chunk(_ bytes: [UInt8]) -> [UInt8] {
    Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8)
  }

  /// The end of a chunked body.
  public static let lastChunk = Array("0\r\n\r\n".utf8)
}
