import Foundation
import GRPCWebAsyncHTTPClient
import HTTPTypes
import NIOCore
import Synchronization

/// An HTTP client that also keeps what the responses are like on the wire, as gRPC Swift's stubs don't
/// tell which messages were compressed.
struct ObservedHTTPClient<Base: GRPCWebHTTPClient>: GRPCWebHTTPClient {
  var base: Base
  var observer: ResponseObserver

  var streamsRequests: Bool {
    self.base.streamsRequests
  }

  func execute(
    _ request: HTTPRequest,
    body: GRPCWebRequestBody,
    handleResponse: (
      _ response: HTTPResponse,
      _ nextBytes: () async throws -> ByteBuffer?
    ) async throws -> Void
  ) async throws {
    try await self.base.execute(request, body: body) { response, nextBytes in
      self.observer.begin(response)
      try await withoutActuallyEscaping(nextBytes) { nextBytes in
        try await handleResponse(response) {
          let bytes = try await nextBytes()
          self.observer.receive(bytes)
          return bytes
        }
      }
    }
  }

  func shutdown() async throws {
    try await self.base.shutdown()
  }
}

/// Sees the frames of the latest response.
final class ResponseObserver: Sendable {
  private struct Response {
    var isText = false
    var body = Data()
  }

  private let response = Mutex(Response())

  /// Begins anew with the head of a response.
  func begin(_ response: HTTPResponse) {
    let contentType = response.headerFields[.contentType] ?? ""
    let isText = contentType.hasPrefix("application/grpc-web-text")
    self.response.withLock { $0 = Response(isText: isText) }
  }

  /// Takes bytes of the body.
  func receive(_ bytes: ByteBuffer?) {
    guard let bytes = bytes else { return }
    self.response.withLock { $0.body.append(contentsOf: bytes.readableBytesView) }
  }

  /// Which of the messages that came are marked as compressed.
  func compressedMessages() throws -> [Bool] {
    let response = self.response.withLock { $0 }
    var body = response.isText ? try Self.decode(response.body) : response.body
    var isCompressed: [Bool] = []
    while let flags = body.first {
      let length = body.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
      guard body.count >= 5 + length else { throw CaseFailure("the body ends inside a frame") }
      if flags & 0x80 == 0 {
        isCompressed.append(flags & 0x01 != 0)
      }
      body = body.dropFirst(5 + length)
    }
    return isCompressed
  }

  /// Decodes runs of base64, each of them padded.
  private static func decode(_ text: Data) throws -> Data {
    var decoded = Data()
    var rest = text[...]
    while !rest.isEmpty {
      let characters = rest.prefix { $0 != UInt8(ascii: "=") }
      let padding = rest[characters.endIndex...].prefix { $0 == UInt8(ascii: "=") }
      guard let run = Data(base64Encoded: Data(characters + padding)) else {
        throw CaseFailure("the body isn't base64")
      }
      decoded += run
      rest = rest[padding.endIndex...]
    }
    return decoded
  }
}
