import BenchService
import Foundation
import GRPCWeb
import HTTPTypes
import NIOCore
import SwiftProtobuf

/// A call as an adapter makes it, over what adapters use: from the head and the body of a request to
/// the last byte of the response.
struct Exchange {
  private let server = GRPCWebServer { BenchService() }
  private let request: HTTPRequest
  private let body: RequestBody

  init(
    method: String,
    message: some SwiftProtobuf.Message,
    isText: Bool = false,
    fields: [(name: String, value: String)] = []
  ) throws {
    var request = HTTPRequest(
      method: .post,
      scheme: "http",
      authority: "localhost",
      path: "/sonora.bench.Bench/\(method)"
    )
    for field in fields {
      guard let name = HTTPField.Name(field.name) else { continue }
      request.headerFields.append(HTTPField(name: name, value: field.value))
    }
    request.headerFields[.contentType] =
      isText ? "application/grpc-web-text+proto" : "application/grpc-web+proto"
    self.request = request

    let payload: [UInt8] = try message.serializedBytes()
    var frame = ByteBuffer()
    frame.writeInteger(UInt8(0))
    try frame.writeLengthPrefixed(as: UInt32.self) { $0.writeBytes(payload) }
    if isText {
      frame = ByteBuffer(string: Data(frame.readableBytesView).base64EncodedString())
    }
    self.body = RequestBody(bytes: frame)
  }

  /// Runs the call.
  ///
  /// - Returns: The number of bytes in the body of the response.
  func run() async throws -> Int {
    guard case .call(let call) = self.server.route(self.request) else { throw NotACall() }
    let response = await self.server.respond(to: call, body: self.body)

    var count = 0
    switch response.body {
    case .complete(let buffers):
      count = buffers.reduce(into: 0) { $0 += $1.readableBytes }
    case .stream(let stream):
      try await stream.write { buffers in
        count += buffers.reduce(into: 0) { $0 += $1.readableBytes }
      } end: {
      }
    }
    return count
  }

  struct NotACall: Error {}
}

/// The body of a request that comes in one piece.
private struct RequestBody: AsyncSequence, Sendable {
  var bytes: ByteBuffer?

  func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(bytes: self.bytes)
  }

  struct AsyncIterator: AsyncIteratorProtocol {
    var bytes: ByteBuffer?

    mutating func next() async -> ByteBuffer? {
      self.bytes.take()
    }
  }
}
