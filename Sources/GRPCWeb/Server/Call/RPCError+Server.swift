package import GRPCCore

@available(GRPCWeb 1.0, *)
extension RPCError {
  /// The client closed the connection, or reset the stream, before the response was sent.
  static let peerGone = RPCError(code: .cancelled, message: "The client went away.")

  /// The call took longer than the client was ready to wait.
  package static let deadlineExceeded = RPCError(
    code: .deadlineExceeded,
    message: "The deadline passed before the call was complete."
  )

  /// The server refuses further calls, or ended this call because its grace period was over.
  package static let shuttingDown = RPCError(
    code: .unavailable,
    message: "The server is shutting down."
  )

  /// The client sent bytes that aren't HTTP where the rest of the request should be.
  package static let malformedBody = RPCError(
    code: .internalError,
    message: "The body of the request isn't valid HTTP."
  )

  /// The client didn't send the rest of the request in time.
  package static let requestStalled = RPCError(
    code: .deadlineExceeded,
    message: "The rest of the request didn't come in time."
  )
}
