package import GRPCCore

@available(GRPCWeb 1.0, *)
extension RPCError.Code {
  /// The code that a client makes of a response with an HTTP status and no gRPC status.
  ///
  /// See gRPC's "HTTP to gRPC Status Code Mapping".
  ///
  /// - Parameter httpStatus: The HTTP status.
  package init(ofResponse httpStatus: Int) {
    switch httpStatus {
    case 400:
      self = .internalError
    case 401:
      self = .unauthenticated
    case 403:
      self = .permissionDenied
    case 404:
      self = .unimplemented
    case 429, 502, 503, 504:
      self = .unavailable
    default:
      self = .unknown
    }
  }

  /// The code with the meaning of an HTTP status that a service's own error has.
  ///
  /// The HTTP mapping of `google/rpc/code.proto`, read backwards. It differs from what a client makes of a response,
  /// where a 404 says that there is no such method: of a service it says that there is no such thing.
  ///
  /// - Parameter httpStatus: The HTTP status.
  package init(ofServiceError httpStatus: Int) {
    switch httpStatus {
    case 400, 405, 406, 411, 413, 415, 422:
      self = .invalidArgument
    case 401:
      self = .unauthenticated
    case 403:
      self = .permissionDenied
    case 404, 410:
      self = .notFound
    case 408, 504:
      self = .deadlineExceeded
    case 409:
      self = .aborted
    case 412:
      self = .failedPrecondition
    case 416:
      self = .outOfRange
    case 429:
      self = .resourceExhausted
    case 499:
      self = .cancelled
    case 501:
      self = .unimplemented
    case 502, 503:
      self = .unavailable
    case 500 ..< 600:
      self = .internalError
    default:
      self = .unknown
    }
  }
}
