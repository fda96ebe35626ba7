import GRPCWebTestSupport
import HTTPTypes
import NIOCore
import NIOHTTPTypes
import SwiftProtobuf
import Synchronization

/// A stream of an ``HTTP2TestConnection``: one request and its response.
@available(GRPCWeb 1.0, *)
final class HTTP2TestStream: Sendable {
  /// What has come of the response.
  struct Response: Sendable {
    var head: HTTPResponse?
    var body: [UInt8] = []
    var trailers: HTTPFields?
    /// Whether the response has ended.
    var isEnded = false
    /// Whether the stream is closed, be it after the end or without.
    var isClosed = false

    /// The response as one to a call of gRPC-Web.
    var answer: TestAnswer {
      get throws {
        try TestAnswer(
          httpStatus: self.head?.status.code ?? 0,
          headers: self.head?.headerFields.map {
            TestAnswer.Field($0.name.canonicalName, $0.value)
          } ?? [],
          body: self.body,
          isComplete: self.isEnded
        )
      }
    }

    /// The frames, as far as they are whole.
    var frames: [TestFrame] {
      TestFrame.parse(self.body).frames
    }

    /// The texts of the messages.
    var texts: [String] {
      get throws {
        try self.frames.map { try EchoMessage(serializedBytes: $0.payload).text }
      }
    }

    /// A field of the trailers.
    func trailer(_ name: String) -> String? {
      HTTPField.Name(name).flatMap { self.trailers?[$0] }
    }

    /// A field of the headers.
    func header(_ name: String) -> String? {
      HTTPField.Name(name).flatMap { self.head?.headerFields[$0] }
    }
  }

  private let channel: any Channel
  private let handler: ResponseHandler

  init(channel: any Channel, handler: ResponseHandler) {
    self.channel = channel
    self.handler = handler
  }

  /// What has come of the response.
  var response: Response {
    self.handler.response
  }

  /// Sends a part of the request.
  func send(_ part: HTTPRequestPart) async throws {
    try await self.channel.writeAndFlush(part)
  }

  /// Sends bytes of the request's body.
  func send(_ bytes: [UInt8]) async throws {
    try await self.send(.body(ByteBuffer(bytes: bytes)))
  }

  /// Resets the stream.
  func reset() async {
    // The promise fails with an error for the reset itself.
    try? await self.channel.close()
  }

  /// Reads what comes, or leaves it in the window.
  func setReading(_ isReading: Bool) async throws {
    try await self.channel.setOption(.autoRead, value: isReading).get()
    if isReading {
      self.channel.read()
    }
  }

  /// Waits for the end of the response.
  func readResponse() async throws -> Response {
    try await eventually("the response ends") { self.response.isEnded || self.response.isClosed }
    guard self.response.isEnded else {
      throw TestAnswer.Malformed(description: "The stream was reset after: \(self.response)")
    }
    return self.response
  }

  /// Waits for as much of the response as a test wants.
  @discardableResult
  func peekResponse(until isEnough: (Response) throws -> Bool) async throws -> Response {
    try await eventually("enough of the response") { try isEnough(self.response) }
    return self.response
  }

  /// Collects the response that a stream receives.
  final class ResponseHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPResponsePart

    private let state = Mutex(Response())

    var response: Response {
      self.state.withLock { $0 }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let part = self.unwrapInboundIn(data)
      self.state.withLock { response in
        switch part {
        case .head(let head):
          response.head = head
        case .body(let bytes):
          response.body += bytes.readableBytesView
        case .end(let trailers):
          response.trailers = trailers
          response.isEnded = true
        }
      }
    }

    func channelInactive(context: ChannelHandlerContext) {
      self.state.withLock { $0.isClosed = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }
}
