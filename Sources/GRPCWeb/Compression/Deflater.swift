internal import GRPCCore
internal import NIOCore
internal import Synchronization

/// Compresses messages, one whole message at a time.
@available(GRPCWeb 1.0, *)
final class Deflater: Sendable {
  private let stream: Mutex<ZlibStream>

  /// Creates a deflater.
  ///
  /// - Throws: `resourceExhausted` when there is no memory for the deflater.
  init(format: ZlibFormat) throws(RPCError) {
    self.stream = Mutex(try ZlibStream(deflating: format))
  }

  /// Compresses a message.
  ///
  /// - Parameters:
  ///   - message: The whole message.
  ///   - output: Where the compressed message is appended.
  /// - Throws: `internalError` when zlib can't compress the message.
  func deflate(_ message: ByteBuffer, into output: inout ByteBuffer) throws(RPCError) {
    guard self.stream.withLock({ $0.deflate(message, into: &output) }) else {
      throw RPCError(code: .internalError, message: "A message can't be compressed.")
    }
  }
}
