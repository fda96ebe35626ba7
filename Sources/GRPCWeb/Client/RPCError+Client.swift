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
}
