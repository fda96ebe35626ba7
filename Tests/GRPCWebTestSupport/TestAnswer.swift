internal import SwiftProtobuf

/// What a client reads from a response, or from as much of it as is there.
public struct TestAnswer: Sendable {
  /// A header or a trailer.
  public struct Field: Hashable, Sendable {
    /// The name, in lower case.
    public var name: String
    /// The value.
    public var value: String

    /// Creates a field.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A response that isn't what a gRPC-Web client can read.
  public struct Malformed: Error, CustomStringConvertible {
    /// What is wrong.
    public var description: String

    /// Creates an error.
    public init(description: String) {
      self.description = description
    }
  }

  /// The status of the HTTP response.
  public var httpStatus: Int
  /// The headers.
  public var headers: [Field]
  /// The body, as it came.
  public var body: [UInt8]
  /// The frames before the trailers.
  public var frames: [TestFrame] = []
  /// The lines of the trailers frame, `nil` where there is none.
  public var trailers: [Field]?

  /// Takes a response apart.
  ///
  /// - Parameters:
  ///   - httpStatus: The status of the HTTP response.
  ///   - headers: The headers, names in lower case.
  ///   - body: The body.
  ///   - isComplete: Whether that is all of the body; else its last frame may be cut.
  /// - Throws: ``Malformed``.
  public init(httpStatus: Int, headers: [Field], body: [UInt8], isComplete: Bool = true) throws {
    self.httpStatus = httpStatus
    self.headers = headers
    self.body = body

    let contentType = self.header("content-type").first ?? ""
    guard contentType.hasPrefix("application/grpc-web") else { return }

    var bytes = body
    if contentType.hasPrefix("application/grpc-web-text") {
      guard !isComplete || body.count % 4 == 0, let decoded = TestBase64.decodeRuns(body) else {
        throw Malformed(description: "The body isn't base64.")
      }
      bytes = decoded
    }

    let (frames, left) = TestFrame.parse(bytes)
    guard !isComplete || left == 0 else {
      throw Malformed(description: "\(left) bytes behind the last whole frame.")
    }
    for frame in frames {
      guard self.trailers == nil else {
        throw Malformed(description: "Something follows the trailers.")
      }
      if frame.isTrailers {
        self.trailers = try Self.parseTrailers(frame)
      } else {
        self.frames.append(frame)
      }
    }
    if self.trailers != nil && left > 0 {
      throw Malformed(description: "Something follows the trailers.")
    }
    if !body.isEmpty && self.headers.contains(where: { $0.name == "grpc-status" }) {
      throw Malformed(description: "'grpc-status' in the headers of a response that has a body.")
    }
  }

  private static func parseTrailers(_ frame: TestFrame) throws -> [Field] {
    guard frame.flags == 0x80 else {
      throw Malformed(description: "Trailers with flags \(frame.flags).")
    }
    var lines = String(decoding: frame.payload, as: UTF8.self)
      .split(separator: "\r\n", omittingEmptySubsequences: false)
    guard lines.popLast()?.isEmpty == true, !lines.contains("") else {
      throw Malformed(description: "Trailers without a CRLF behind each line, or an empty line.")
    }
    return try lines.map { line in
      guard let colon = line.firstIndex(of: ":"), line[colon...].hasPrefix(": ") else {
        throw Malformed(description: "The trailer '\(line)'.")
      }
      let name = line[..<colon]
      let value = line[colon...].dropFirst(2)
      guard name == name.lowercased(), !value.isEmpty else {
        throw Malformed(description: "The trailer '\(line)'.")
      }
      return Field(String(name), String(value))
    }
  }

  /// The values of a header.
  public func header(_ name: String) -> [String] {
    self.headers.filter { $0.name == name }.map(\.value)
  }

  /// The values of a trailer, which in a response without a body is a header.
  public func trailer(_ name: String) -> [String] {
    guard let trailers = self.trailers else { return self.header(name) }
    return trailers.filter { $0.name == name }.map(\.value)
  }

  /// Whether the status is in the headers.
  public var isTrailersOnly: Bool {
    self.body.isEmpty && !self.header("grpc-status").isEmpty
  }

  /// The status of the call, `nil` where the answer has none, or more than one.
  public var status: Int? {
    let values = self.trailer("grpc-status")
    return values.count == 1 ? Int(values[0]) : nil
  }

  /// The message of the status, as on the wire.
  public var statusMessage: String {
    self.trailer("grpc-message").joined()
  }

  /// The uncompressed messages.
  public var messages: [EchoMessage] {
    get throws {
      try self.frames.filter { $0.flags == 0 }.map {
        try EchoMessage(serializedBytes: $0.payload)
      }
    }
  }

  /// The texts of the uncompressed messages.
  public var texts: [String] {
    get throws {
      try self.messages.map(\.text)
    }
  }
}
