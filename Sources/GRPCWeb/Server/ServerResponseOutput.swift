internal import HTTPTypes
internal import NIOCore

/// A part of a response that is ready to be sent.
@available(GRPCWeb 1.0, *)
struct ServerResponseOutput: Sendable {
  /// The head, in the first part.
  var head: HTTPResponse?
  /// The bytes to send, in order.
  var body: [ByteBuffer] = []
  /// Whether the response ends with this part.
  var isEnd: Bool = false
}
