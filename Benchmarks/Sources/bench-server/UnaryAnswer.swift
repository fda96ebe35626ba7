import BenchService
import NIOCore
import SwiftProtobuf

/// What the service answers `Unary` with when it is called with the name `world`, for servers that
/// answer without a service.
enum UnaryAnswer {
  static let path = "/sonora.bench.Bench/Unary"
  static let contentType = "application/grpc-web+proto"

  /// The body of the response: a message, then the trailers.
  static func body() throws -> ByteBuffer {
    let message = Sonora_Bench_UnaryResponse.with { $0.message = "Hello, world!" }
    let trailers = "grpc-status: 0\r\n"

    var body = ByteBuffer()
    try body.writeLengthPrefixedFrame(flags: 0x00, payload: message.serializedBytes())
    try body.writeLengthPrefixedFrame(flags: 0x80, payload: Array(trailers.utf8))
    return body
  }
}

extension ByteBuffer {
  fileprivate mutating func writeLengthPrefixedFrame(flags: UInt8, payload: [UInt8]) throws {
    self.writeInteger(flags)
    try self.writeLengthPrefixed(as: UInt32.self) { $0.writeBytes(payload) }
  }
}
