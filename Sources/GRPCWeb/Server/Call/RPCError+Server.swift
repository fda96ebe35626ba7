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

  /// The server takes no further calls, or ended this one as its grace period was over.
  package static let shuttingDown = RPCError(
    code: .unavailable,
    message: "The server is shutting down."
  )

  /// What should have been the rest of the request isn't HTTP.
  package static let malformedBody = RPCError(
    code: .internalError,
    message: "The body of the request isn't valid HTTP."
  )

  /// The client didn't go on with its request.
  package static let requestStalled = RPCError(
    code: .deadlineExceeded,
    message: "The rest of the request didn't come in time."
  )
}
