#if Hummingbird
public import GRPCCore
internal import GRPCWeb
internal import HTTPTypes
public import Hummingbird

/// An `HTTPError` that a service throws is the status of the call, with the error's message.
///
/// The code is that of the HTTP mapping in `google/rpc/code.proto`: a 404, for example, is `notFound`.
@available(GRPCWeb 1.0, *)
extension HTTPError: @retroactive RPCErrorConvertible {
  /// The code with the meaning of the HTTP status.
  public var rpcErrorCode: RPCError.Code {
    RPCError.Code(ofServiceError: self.status.code)
  }

  /// The message; the reason phrase of the HTTP status where there is none.
  public var rpcErrorMessage: String {
    self.body ?? self.status.reasonPhrase
  }
}

@available(GRPCWeb 1.0, *)
extension RPCError {
  /// The status of a call for an error that middleware threw before the service was called; `nil` for an error that
  /// stands for none.
  init?(ofMiddleware error: any Error) {
    if let error = error as? HTTPError {
      self.init(
        code: Code(ofResponse: error.status.code),
        message: error.rpcErrorMessage,
        cause: error
      )
    } else if let error = error as? any RPCErrorConvertible {
      self.init(error)
    } else if let error = error as? any HTTPResponseError {
      self.init(
        code: Code(ofResponse: error.status.code),
        message: error.status.reasonPhrase,
        cause: error
      )
    } else {
      return nil
    }
  }
}
#endif
