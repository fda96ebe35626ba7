internal import GRPCCore

@available(GRPCWeb 1.0, *)
extension RPCError {
  /// The error of a call whose task was cancelled, or whose caller stopped reading.
  static let cancelledByClient = RPCError(code: .cancelled, message: "The call was cancelled.")

  /// The error of a call whose transport was closed while the call ran.
  static let transportClosed = RPCError(
    code: .unavailable,
    message: "The transport was closed while the call ran."
  )

  /// The error of a call that was made after the transport was shut down.
  static let transportShutDown = RPCError(
    code: .failedPrecondition,
    message: "The transport has been shut down."
  )

  /// The error of a response whose body has a content coding.
  static func codedResponse(_ coding: String) -> RPCError {
    RPCError(
      code: .internalError,
      message: """
        The response has the content coding '\(coding)', though none was asked for \
        ('accept-encoding: identity'). A proxy may have compressed it: it has to let gRPC-Web pass as \
        it is.
        """
    )
  }

  /// The error of a response with a message in an encoding that isn't known.
  static func unknownEncoding(_ encoding: String) -> RPCError {
    RPCError(
      code: .internalError,
      message: """
        Received a message in the encoding '\(encoding)', which wasn't asked for. Those that can be \
        read are \(MessageEncoding.supported).
        """
    )
  }

  /// Creates the error of a call whose request wasn't written to its end.
  ///
  /// - Parameter error: The error that stopped the writer. gRPC Swift wraps other errors than
  ///   `RPCError`, also the cancellation of the writer's task.
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
