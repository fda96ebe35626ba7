#if Vapor
public import GRPCCore
internal import GRPCWeb
internal import NIOHTTP1
public import Vapor

/// An `Abort` that a service throws is the status of the call, with the error's reason.
///
/// The code is that of the HTTP mapping in `google/rpc/code.proto`: a 404, for example, is `notFound`.
@available(GRPCWeb 1.0, *)
extension Abort: @retroactive RPCErrorConvertible {
  /// The code with the meaning of the HTTP status.
  public var rpcErrorCode: RPCError.Code {
    RPCError.Code(ofServiceError: Int(self.status.code))
  }

  /// The reason.
  public var rpcErrorMessage: String {
    self.reason
  }
}

@available(GRPCWeb 1.0, *)
extension RPCError {
  /// The status of a call for an error that middleware threw before the service was called; `nil` for an error that
  /// stands for none.
  init?(ofMiddleware error: any Error) {
    if !(error is Abort), let error = error as? any RPCErrorConvertible {
      self.init(error)
    } else if let error = error as? any AbortError {
      self.init(
        code: Code(ofResponse: Int(error.status.code)),
        message: error.reason,
        cause: error
      )
    } else {
      return nil
    }
  }
}
#endif
