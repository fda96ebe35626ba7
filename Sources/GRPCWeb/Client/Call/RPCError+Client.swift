internal import GRPCCore

@available(GRPCWeb 1.0, *)
extension RPCError {
  /// The task that made the call was cancelled, or had no further use for it.
  static let cancelledByClient = RPCError(code: .cancelled, message: "The call was cancelled.")

  /// The transport was closed while the call ran.
  static let transportClosed = RPCError(
    code: .unavailable,
    message: "The transport was closed while the call ran."
  )

  /// The transport takes no further calls.
  static let transportShutDown = RPCError(
    code: .failedPrecondition,
    message: "The transport has been shut down."
  )

  /// The error of a call whose request wasn't written to its end.
  ///
  /// - Parameter error: What stopped the writer. gRPC Swift wraps what isn't an `RPCError`, also the
  ///     cancellation of the writer's task.
  init(ofWriter error: any Error) {
    var cause: (any Error)? = error
    while let wrapper = cause as? RPCError {
      cause = wrapper.cause
    }
    if cause is CancellationError {
      self = .cancelledByClient
    } else {
      self =
        (error as? RPCError)
        ?? RPCError(code: .unknown, message: "Writing the request failed.", cause: error)
    }
  }
}
