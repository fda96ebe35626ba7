internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebClientTestSupport
internal import GRPCWebTestSupport
internal import SwiftProtobuf

/// A server with a fault, and the expected outcome of a call to it.
@available(GRPCWeb 1.0, *)
struct BadPeer: Sendable, CustomStringConvertible {
  /// A method to call.
  enum Method: Sendable {
    /// A unary method.
    case get
    /// A server-streaming method.
    case expand
  }

  /// The outcome of a call.
  struct Outcome: Sendable {
    /// The number of messages before the error.
    var messages: Int
    /// The error, or `nil` if the call succeeded.
    var error: RPCError?
  }

  /// The fault.
  var description: String
  /// The method to call.
  var method: Method
  /// The bytes that the server sends.
  var script: ScriptedServer.Script
  /// The timeout of the call.
  var timeout: Duration?
  /// The code that the call fails with.
  var code: RPCError.Code
  /// Parts of the message of the error, which name the fault.
  var words: [String]
  /// The expected number of messages before the error; `nil` if it depends on the HTTP client.
  var messages: Int?

  init(
    _ description: String,
    _ method: Method = .get,
    sends bytes: [UInt8],
    ending: ScriptedServer.Ending = .close,
    timeout: Duration? = nil,
    code: RPCError.Code,
    words: [String],
    messages: Int? = 0
  ) {
    self.description = description
    self.method = method
    self.script = ScriptedServer.Script(bytes, ending: ending)
    self.timeout = timeout
    self.code = code
    self.words = words
    self.messages = messages
  }

  /// The config of the client: it accepts messages up to 64 KiB.
  static var config: GRPCWebClientTransport.Config {
    .defaults { $0.maximumResponseMessageSize = 64 * 1024 }
  }

  /// Makes the call.
  func call(_ echo: some Sonora_Test_Echo.ClientProtocol) async -> Outcome {
    let counter = Counter()
    var options = CallOptions.defaults
    options.timeout = self.timeout
    let request = Sonora_Test_EchoMessage.with { $0.text = "x" }

    do {
      switch self.method {
      case .get:
        _ = try await echo.get(request, options: options)
        counter.add()
      case .expand:
        try await echo.expand(request, options: options) { response in
          for try await _ in response.messages {
            counter.add()
          }
        }
      }
      return Outcome(messages: counter.value, error: nil)
    } catch let error as RPCError {
      return Outcome(messages: counter.value, error: error)
    } catch {
      let message = "This isn't an RPCError: \(error)"
      return Outcome(messages: counter.value, error: RPCError(code: .dataLoss, message: message))
    }
  }
}

// The bytes are written by hand, without the code under test.

@available(GRPCWeb 1.0, *)
extension BadPeer {
  private static func http(
    _ status: String,
    _ fields: [String],
    body: [UInt8] = [],
    length: Int? = nil
  ) -> [UInt8] {
    let all = fields + ["content-length: \(length ?? body.count)"]
    return Array(
      "HTTP/1.1 \(status)\r\n\(all.map { "\($0)\r\n" }.joined())\r\n".utf8
    ) + body
  }

  /// A gRPC-Web response that ends with its connection.
  private static func grpcWeb(_ body: [UInt8]) -> [UInt8] {
    Self.grpcWeb([], body)
  }

  private static func grpcWeb(_ fields: [String], _ body: [UInt8]) -> [UInt8] {
    let all = ["content-type: application/grpc-web+proto", "connection: close"] + fields
    return Array("HTTP/1.1 200 OK\r\n\(all.map { "\($0)\r\n" }.joined())\r\n".utf8) + body
  }

  private static func text(_ body: String) -> [UInt8] {
    Self.http("200 OK", ["content-type: application/grpc-web-text+proto"], body: Array(body.utf8))
  }

  private static func frame(_ flags: UInt8, _ payload: [UInt8]) -> [UInt8] {
    let length = payload.count
    return [flags, 0, UInt8(length >> 16), UInt8(length >> 8 & 0xff), UInt8(length & 0xff)]
      + payload
  }

  private static func trailers(_ lines: String) -> [UInt8] {
    Self.frame(0x80, Array(lines.utf8))
  }

  private static let ok = Self.trailers("grpc-status: 0\r\n")

  /// An `EchoMessage` whose text is "x".
  private static let message = Self.frame(0, [0x0a, 0x01, 0x78])

  /// Compressed trailers, made with Python: `gzip.compress(b"grpc-status: 5\r\ngrpc-message:
  /// gone\r\n", 9, mtime=0)`.
  private static let compressedTrailers: [UInt8] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4b, 0x2f,
    0x2a, 0x48, 0xd6, 0x2d, 0x2e, 0x49, 0x2c, 0x29, 0x2d, 0xb6, 0x52, 0x30,
    0xe5, 0xe5, 0x4a, 0x07, 0xf1, 0x73, 0x53, 0x8b, 0x8b, 0x13, 0xd3, 0x53,
    0xad, 0x14, 0xd2, 0xf3, 0xf3, 0x52, 0x79, 0xb9, 0x00, 0xb9, 0x25, 0x42,
    0x0c, 0x24, 0x00, 0x00, 0x00,
  ]

  /// A MiB of zeros in a KiB, made with Python: `zlib.compress(b"\0" * (1 << 20), 9)`.
  private static let bomb: [UInt8] =
    [
      0x78, 0xda, 0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x08,
      0x5f, 0xa0,
    ] + [UInt8](repeating: 0, count: 1016) + [0x3e, 0x03, 0x00, 0xf0, 0x00, 0x01]
}

// The faults

@available(GRPCWeb 1.0, *)
extension BadPeer {
  /// All faults.
  static let all = Self.notGRPCWeb + Self.frames + Self.statuses + Self.connections

  private static let html = Array("<html>grpc-status: 0</html>".utf8)

  /// Requirement 15: responses that aren't gRPC-Web.
  private static let notGRPCWeb = [
    Self(
      "HTML with 502",
      sends: Self.http("502 Bad Gateway", ["content-type: text/html"], body: Self.html),
      code: .unavailable,
      words: ["502", "text/html", "A proxy answered", "/sonora.test.Echo/Get", "ipv4:127.0.0.1:"]
    ),
    Self(
      "HTML with 502 that doesn't end",
      sends: Self.http("502 Bad Gateway", ["content-type: text/html"], body: html, length: 9999),
      ending: .stall,
      code: .unavailable,
      words: ["502", "text/html"]
    ),
    Self(
      "A foreign content type",
      sends: Self.http("200 OK", ["content-type: text/html; charset=utf-8"], body: Self.html),
      code: .unknown,
      words: ["200", "text/html; charset=utf-8"]
    ),
    Self(
      "A foreign content type that starts like ours",
      .expand,
      sends: Self.http("200 OK", ["content-type: application/grpc"], body: Self.message + Self.ok),
      code: .unknown,
      words: ["200", "'application/grpc'", "native gRPC"]
    ),
    Self(
      "Messages in JSON",
      sends: Self.http("200 OK", ["content-type: application/grpc-web+json"], body: Self.ok),
      code: .unknown,
      words: ["application/grpc-web+json"]
    ),
    Self(
      "No content type",
      sends: Self.http("200 OK", [], body: Self.message + Self.ok),
      code: .unknown,
      words: ["200", "no content type"]
    ),
    Self(
      "401 with a challenge",
      sends: Self.http("401 Unauthorized", ["www-authenticate: Basic realm=\"x\""]),
      code: .unauthenticated,
      words: ["401"]
    ),
    Self(
      "403",
      sends: Self.http("403 Forbidden", []),
      code: .permissionDenied,
      words: ["403"]
    ),
    Self(
      "404",
      sends: Self.http("404 Not Found", ["content-type: text/plain"]),
      code: .unimplemented,
      words: ["404", "text/plain", "no service at this path"]
    ),
    Self(
      "415",
      sends: Self.http("415 Unsupported Media Type", []),
      code: .unknown,
      words: ["415", "doesn't take gRPC-Web"]
    ),
    Self(
      "429",
      .expand,
      sends: Self.http("429 Too Many Requests", []),
      code: .unavailable,
      words: ["429"]
    ),
    Self(
      "A redirection",
      sends: Self.http("307 Temporary Redirect", ["location: /elsewhere"]),
      code: .unknown,
      words: ["307", "'/elsewhere'"]
    ),
    Self(
      "A redirection that says where to in no usable way",
      sends: Self.http("308 Permanent Redirect", ["location: "]),
      code: .unknown,
      words: ["308"]
    ),
    Self(
      "A redirection that doesn't say where to",
      .expand,
      sends: Self.http("301 Moved Permanently", ["content-type: text/html"], body: Self.html),
      code: .unknown,
      words: ["301"]
    ),
    Self(
      "500 in gRPC-Web",
      sends: Self.http(
        "500 Internal Server Error",
        ["content-type: application/grpc-web+proto"],
        body: Self.message + Self.ok
      ),
      code: .unknown,
      words: ["500"]
    ),
    Self(
      "503 with a status",
      sends: Self.http(
        "503 Service Unavailable",
        ["content-type: text/html", "grpc-status: 8", "grpc-message: too%20much"],
        body: Self.html
      ),
      code: .resourceExhausted,
      words: ["too much"]
    ),
  ]

  /// Requirements 5, 14, 17, 18 and 19: faulty frames.
  private static let frames = [
    Self(
      "An empty 200",
      sends: Self.http("200 OK", ["content-type: application/grpc-web+proto"]),
      code: .unknown,
      words: ["without a status"]
    ),
    Self(
      "A truncated frame",
      sends: Self.grpcWeb(Array(Self.message.dropLast())),
      code: .internalError,
      words: ["inside a frame"]
    ),
    Self(
      "A truncated frame after a message of a stream",
      .expand,
      sends: Self.grpcWeb(Self.message + [0, 0, 0]),
      code: .internalError,
      words: ["inside a frame"],
      messages: 1
    ),
    Self(
      "Truncated trailers",
      .expand,
      sends: Self.grpcWeb(Self.message + Self.ok.dropLast()),
      code: .internalError,
      words: ["inside a frame"],
      messages: 1
    ),
    Self(
      "No trailers",
      sends: Self.grpcWeb(Self.message),
      code: .unknown,
      words: ["without a status"]
    ),
    Self(
      "No trailers after a stream",
      .expand,
      sends: Self.grpcWeb(Self.message + Self.message),
      code: .unknown,
      words: ["without a status"],
      messages: 2
    ),
    Self(
      "Garbage after the trailers",
      sends: Self.grpcWeb(Self.message + Self.ok + Array("garbage".utf8)),
      code: .internalError,
      words: ["after the trailers"]
    ),
    Self(
      "A message after the trailers",
      .expand,
      sends: Self.grpcWeb(Self.message + Self.ok + Self.message),
      code: .internalError,
      words: ["after the trailers"],
      messages: 1
    ),
    Self(
      "Two messages for a unary method",
      sends: Self.grpcWeb(Self.message + Self.message + Self.ok),
      code: .unimplemented,
      words: ["more than one message"]
    ),
    Self(
      "No message for a unary method",
      sends: Self.grpcWeb(Self.ok),
      code: .unimplemented,
      words: ["no message"]
    ),
    Self(
      "A length of 4 GiB",
      sends: Self.grpcWeb([0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]),
      ending: .stall,
      code: .resourceExhausted,
      words: ["4294967295", "65536"]
    ),
    Self(
      "Trailers of 4 GiB",
      .expand,
      sends: Self.grpcWeb(Self.message + [0x80, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]),
      ending: .stall,
      code: .resourceExhausted,
      words: ["trailers", "4294967295"],
      messages: 1
    ),
    Self(
      "A bomb",
      sends: Self.grpcWeb(["grpc-encoding: deflate"], Self.frame(1, Self.bomb) + Self.ok),
      code: .resourceExhausted,
      words: ["65536", "decompressed"]
    ),
    Self(
      "Compressed trailers that are a bomb",
      sends: Self.grpcWeb(["grpc-encoding: deflate"], Self.frame(0x81, Self.bomb)),
      code: .resourceExhausted,
      words: ["decompressed"]
    ),
    Self(
      "A compressed message without an encoding",
      sends: Self.grpcWeb(Self.frame(1, Self.compressedTrailers) + Self.ok),
      code: .internalError,
      words: ["compressed", "grpc-encoding"]
    ),
    Self(
      "A compressed message in an unknown encoding",
      sends: Self.grpcWeb(["grpc-encoding: snappy"], Self.frame(1, [1, 2, 3]) + Self.ok),
      code: .internalError,
      words: ["'snappy'", "gzip"]
    ),
    Self(
      "A content coding that nobody knows",
      sends: Self.grpcWeb(["content-encoding: x-unheard-of"], [1, 2, 3]),
      code: .internalError,
      words: ["content coding", "accept-encoding"]
    ),
    Self(
      "A compressed message that isn't",
      sends: Self.grpcWeb(["grpc-encoding: gzip"], Self.frame(1, [1, 2, 3]) + Self.ok),
      code: .internalError,
      words: ["can't be decompressed"]
    ),
    Self(
      "Unknown flags",
      sends: Self.grpcWeb(Self.frame(2, [1]) + Self.ok),
      code: .internalError,
      words: ["unknown flags", "2"]
    ),
    Self(
      "A message that isn't protobuf",
      sends: Self.grpcWeb(Self.frame(0, [0xff, 0xff]) + Self.ok),
      code: .invalidArgument,
      words: ["deserialize"]
    ),
    Self(
      "Text that isn't base64",
      sends: Self.text("AAAA?AAA"),
      code: .internalError,
      words: ["base64"]
    ),
    Self(
      "Text that ends inside a group",
      sends: Self.text("AAAAAAMKAXiAAA"),
      code: .internalError,
      words: ["base64", "group of four"]
    ),
  ]

  /// Requirements 11, 12 and 13: faulty trailers and statuses.
  private static let statuses = [
    Self(
      "Compressed trailers",
      sends: Self.grpcWeb(
        ["grpc-encoding: gzip"],
        Self.message + Self.frame(0x81, Self.compressedTrailers)
      ),
      code: .notFound,
      words: ["gone"]
    ),
    Self(
      "Compressed trailers without an encoding",
      sends: Self.grpcWeb(Self.message + Self.frame(0x81, Self.compressedTrailers)),
      code: .internalError,
      words: ["compressed", "grpc-encoding"]
    ),
    Self(
      "Trailers with odd spacing and case",
      sends: Self.grpcWeb(
        Self.message
          + Self.trailers("Grpc-Status:7\nGRPC-MESSAGE \t:  no, really: no \t\r\n\r\nX-Last:1")
      ),
      code: .permissionDenied,
      words: ["no, really: no"]
    ),
    Self(
      "An unknown status code",
      sends: Self.grpcWeb(Self.trailers("grpc-status: 42\r\ngrpc-message: odd\r\n")),
      code: .unknown,
      words: ["'42'", "odd"]
    ),
    Self(
      "A status code that is no number",
      .expand,
      sends: Self.grpcWeb(Self.message + Self.trailers("grpc-status: banana\r\n")),
      code: .unknown,
      words: ["'banana'"],
      messages: 1
    ),
    Self(
      "An empty status code",
      sends: Self.grpcWeb(Self.trailers("grpc-status: \r\n")),
      code: .unknown,
      words: ["''"]
    ),
    Self(
      "A message with bad escapes",
      sends: Self.grpcWeb(
        Self.trailers("grpc-status: 9\r\ngrpc-message: 100% %zz %4 %C3 %41%\r\n")
      ),
      code: .failedPrecondition,
      words: ["100% %zz %4 \u{fffd} A%"]
    ),
    Self(
      "Trailers without a status",
      sends: Self.grpcWeb(Self.message + Self.trailers("x-some: thing\r\n")),
      code: .unknown,
      words: ["grpc-status"]
    ),
    Self(
      "Empty trailers",
      sends: Self.grpcWeb(Self.message + Self.trailers("")),
      code: .unknown,
      words: ["grpc-status"]
    ),
    Self(
      "A trailer without a colon",
      sends: Self.grpcWeb(Self.message + Self.trailers("grpc-status: 0\r\nnonsense\r\n")),
      code: .internalError,
      words: ["colon", "'nonsense'"]
    ),
    Self(
      "A binary trailer that isn't base64",
      sends: Self.grpcWeb(Self.message + Self.trailers("grpc-status: 0\r\nx-y-bin: ?!\r\n")),
      code: .internalError,
      words: ["'x-y-bin: ?!'", "base64"]
    ),
    Self(
      "Trailers as Sonora for Python's ASGI server writes them",
      sends: Self.grpcWeb(
        Self.message
          + Self.trailers("b'grpc-status': b'5'\r\nb'grpc-message': b\"it's%20gone\"\r\n")
      ),
      code: .notFound,
      words: ["it's gone"]
    ),
    Self(
      "A status that is repeated, in the headers",
      sends: Self.grpcWeb(["grpc-status: 9", "grpc-status: 9", "grpc-message: once"], []),
      code: .failedPrecondition,
      words: ["once"]
    ),
    Self(
      "A status that is repeated, in the trailers",
      sends: Self.grpcWeb(Self.trailers("grpc-status: 9\r\ngrpc-status: 9\r\n")),
      code: .failedPrecondition,
      words: []
    ),
    Self(
      "Two statuses in the trailers",
      .expand,
      sends: Self.grpcWeb(Self.message + Self.trailers("grpc-status: 0\r\ngrpc-status: 9\r\n")),
      code: .unknown,
      words: ["'0', '9'"],
      messages: 1
    ),
    Self(
      "A status in the headers, and an empty trailers frame",
      sends: Self.grpcWeb(["grpc-status: 10", "grpc-message: stop"], Self.trailers("")),
      code: .aborted,
      words: ["stop"]
    ),
    Self(
      "A status in the headers, and another in the trailers",
      sends: Self.grpcWeb(["grpc-status: 0"], Self.trailers("grpc-status: 11\r\n")),
      code: .outOfRange,
      words: []
    ),
    Self(
      "Binary metadata that isn't base64",
      sends: Self.grpcWeb(["x-y-bin: ?!"], Self.message + Self.ok),
      code: .internalError,
      words: ["x-y-bin", "base64"]
    ),
  ]

  private static let connections = [
    Self(
      "Informational responses before that of the call",
      sends: Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
        + Array("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".utf8)
        + Self.grpcWeb(Self.trailers("grpc-status: 9\r\n")),
      code: .failedPrecondition,
      words: []
    ),
    Self(
      "A body that stalls, with a deadline",
      .expand,
      sends: Self.grpcWeb(Self.message + [0]),
      ending: .stall,
      timeout: .seconds(5),
      code: .deadlineExceeded,
      words: ["timed out"],
      messages: nil
    ),
    Self(
      "A unary body that stalls, with a deadline",
      sends: Self.grpcWeb(Self.message),
      ending: .stall,
      timeout: .seconds(5),
      code: .deadlineExceeded,
      words: ["timed out"]
    ),
    Self(
      "No response at all, with a deadline",
      sends: [],
      ending: .stall,
      timeout: .seconds(5),
      code: .deadlineExceeded,
      words: ["timed out"]
    ),
    Self(
      "A head that stalls, with a deadline",
      sends: Array("HTTP/1.1 200 O".utf8),
      ending: .stall,
      timeout: .seconds(5),
      code: .deadlineExceeded,
      words: ["timed out"]
    ),
    Self(
      "A reset inside a frame",
      .expand,
      sends: Self.http(
        "200 OK",
        ["content-type: application/grpc-web+proto"],
        body: Self.message + [0, 0, 0],
        length: 1000
      ),
      ending: .reset,
      code: .unavailable,
      words: ["The connection was lost", "/sonora.test.Echo/"],
      messages: nil
    ),
    Self(
      "A body that is shorter than its length",
      sends: Self.http(
        "200 OK",
        ["content-type: application/grpc-web+proto"],
        body: Self.message,
        length: 1000
      ),
      code: .unavailable,
      words: ["The connection was lost", "/sonora.test.Echo/"]
    ),
    Self(
      "A connection closed without a response",
      sends: [],
      code: .unavailable,
      words: ["The connection was lost", "/sonora.test.Echo/"]
    ),
    Self(
      "A connection reset without a response",
      sends: [],
      ending: .reset,
      code: .unavailable,
      words: ["The connection was lost", "/sonora.test.Echo/"]
    ),
    Self(
      "Something that isn't HTTP",
      sends: Array("SSH-2.0-OpenSSH_9.6\r\n".utf8),
      code: .failedPrecondition,
      words: ["The answer isn't HTTP", "/sonora.test.Echo/Get", "ipv4:127.0.0.1:"]
    ),
    Self(
      "A server for native gRPC, which greets with HTTP/2's settings",
      // An empty SETTINGS frame, and a GOAWAY frame.
      sends: [0, 0, 0, 4, 0, 0, 0, 0, 0] + [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
      code: .failedPrecondition,
      words: ["The answer isn't HTTP", "native gRPC"]
    ),
    Self(
      "A port for TLS, which answers with an alert",
      sends: [0x15, 3, 1, 0, 2, 2, 70],
      code: .failedPrecondition,
      words: ["The answer isn't HTTP", "https://"]
    ),
  ]
}
