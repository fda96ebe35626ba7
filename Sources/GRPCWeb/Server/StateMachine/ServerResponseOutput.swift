package import HTTPTypes
package import NIOCore

/// A part of a response that is ready to be sent.
@available(GRPCWeb 1.0, *)
package struct ServerResponseOutput: Sendable {
  /// The head, in the first part.
  package var head: HTTPResponse?
  /// The bytes to send, in order.
  package var body: [ByteBuffer] = []
  /// HTTP's trailers, in the last part of a native gRPC response.
  package var trailers: HTTPFields?
  /// Whether the response ends with this part.
  package var isEnd: Bool = false
}
