import GRPCCore
import GRPCWeb
import GRPCWebTestSupport
import HTTPTypes
import Logging
import NIOCore
import SwiftProtobuf

/// A call of the service of `echo.proto`, without a connection.
@available(GRPCWeb 1.0, *)
struct TestCall {
  var method = "Get"
  var contentType = "application/grpc-web+proto"
  var fields: [(name: String, value: String)] = []

  /// The head of the request.
  func head() throws -> HTTPRequest {
    var request = HTTPRequest(
      method: .post,
      scheme: "http",
      authority: "localhost",
      path: "/sonora.test.Echo/\(self.method)"
    )
    request.headerFields[.contentType] = self.contentType
    for field in self.fields {
      guard let name = HTTPField.Name(field.name) else {
        throw TestAnswer.Malformed(description: "The header name '\(field.name)'.")
      }
      request.headerFields.append(HTTPField(name: name, value: field.value))
    }
    return request
  }
}

/// A server or transport that calls can be made to.
@available(GRPCWeb 1.0, *)
protocol CallAnswering {
  func route(
    _ request: HTTPRequest,
    prefix: String,
    info: @autoclosure () -> GRPCWebRequestInfo
  ) -> GRPCWebRoute

  func respond<Body: AsyncSequence & Sendable>(
    to call: GRPCWebCallHead,
    body: Body,
    peers: GRPCWebPeers,
    logger: Logger?,
    requestContext: (any Sendable)?,
    watchClient: ((_ clientIsGone: @escaping @Sendable () -> Void) -> Void)?
  ) async -> GRPCWebResponse where Body.Element == ByteBuffer
}

@available(GRPCWeb 1.0, *)
extension GRPCWebServer: CallAnswering {}

@available(GRPCWeb 1.0, *)
extension GRPCWebServerTransport: CallAnswering {
  func route(
    _ request: HTTPRequest,
    prefix: String,
    info: @autoclosure () -> GRPCWebRequestInfo
  ) -> GRPCWebRoute {
    self.route(request, prefix: prefix, allowsNativeGRPC: false, info: info())
  }
}

@available(GRPCWeb 1.0, *)
extension CallAnswering {
  /// Makes a call, and returns as soon as the head of its response is known.
  func start<Body: AsyncSequence & Sendable>(
    _ call: TestCall,
    body: Body,
    peers: GRPCWebPeers = .unknown
  ) async throws -> GRPCWebResponse where Body.Element == ByteBuffer {
    guard
      case .call(let head) = self.route(
        try call.head(),
        prefix: "",
        info: GRPCWebRequestInfo(peers: peers, requestID: "test-request")
      )
    else {
      throw TestAnswer.Malformed(description: "Not routed to a call.")
    }
    return await self.respond(
      to: head,
      body: body,
      peers: peers,
      logger: nil,
      requestContext: nil,
      watchClient: nil
    )
  }

  /// Makes a call and reads its response to the end.
  func answer<Body: AsyncSequence & Sendable>(
    _ call: TestCall,
    body: Body,
    peers: GRPCWebPeers = .unknown
  ) async throws -> TestAnswer where Body.Element == ByteBuffer {
    try await self.start(call, body: body, peers: peers).answer()
  }

  /// Makes a call that sends messages with the given texts, and reads its response to the end.
  func answer(_ call: TestCall, texts: String...) async throws -> TestAnswer {
    let frames = try texts.map { text in
      try TestFrame(EchoMessage.with { $0.text = text }).bytes
    }
    return try await self.answer(call, body: TestBody(frames))
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebResponse {
  /// Reads the response to its end.
  func answer() async throws -> TestAnswer {
    var bytes: [UInt8] = []
    switch self.body {
    case .complete(let buffers):
      bytes = buffers.flatMap { Array($0.readableBytesView) }
    case .stream(let stream):
      try await stream.write { buffers in
        bytes += buffers.flatMap { Array($0.readableBytesView) }
      }
    }
    return try self.answer(body: bytes)
  }

  /// Parses the bytes received of the response.
  func answer(body: [UInt8], isComplete: Bool = true) throws -> TestAnswer {
    try TestAnswer(
      httpStatus: self.head.status.code,
      headers: self.head.headerFields.map { .init($0.name.canonicalName, $0.value) },
      body: body,
      isComplete: isComplete
    )
  }

  /// The body, if it is written while the service runs.
  var stream: GRPCWebResponseStream? {
    guard case .stream(let stream) = self.body else { return nil }
    return stream
  }

  /// The body, if it is complete.
  var complete: [ByteBuffer]? {
    guard case .complete(let buffers) = self.body else { return nil }
    return buffers
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebResponseStream {
  /// Writes the body without an action at its end.
  func write(to write: ([ByteBuffer]) async throws -> Void) async throws {
    try await self.write(to: write, end: {})
  }
}
