internal import GRPCCore
internal import HTTPTypes

@available(GRPCWeb 1.0, *)
extension Status {
  /// The status that the value of `grpc-status` stands for.
  ///
  /// A code that isn't one of gRPC's stands for `unknown`, as it does everywhere in gRPC.
  init(grpcStatus value: String, message: String) {
    if let code = Int(value).flatMap({ Status.Code(rawValue: $0) }) {
      self.init(code: code, message: message)
    } else {
      let reason = "Received the unknown status code '\(value)'."
      self.init(code: .unknown, message: message.isEmpty ? reason : "\(reason) \(message)")
    }
  }

  /// The status that the fields of a "Trailers-Only" response have, if they have one.
  ///
  /// - Parameters:
  ///   - fields: The fields.
  ///   - isGRPCWeb: Whether the response is gRPC-Web's in all else. Where it isn't, only a code that is
  ///     gRPC's says more than the HTTP status.
  init?(_ fields: HTTPFields, isGRPCWeb: Bool) {
    guard let value = fields[.grpcStatus],
      isGRPCWeb || Int(value).flatMap({ Status.Code(rawValue: $0) }) != nil
    else {
      return nil
    }
    let message = fields[.grpcMessage].map { StatusMessage.decode($0) } ?? ""
    self.init(grpcStatus: value, message: message)
  }

  /// The status of a call whose response isn't gRPC-Web.
  ///
  /// See gRPC's "HTTP to gRPC Status Code Mapping".
  init(httpStatus: HTTPResponse.Status, contentType: String?) {
    let code: Status.Code
    switch httpStatus.code {
    case 400:
      code = .internalError
    case 401:
      code = .unauthenticated
    case 403:
      code = .permissionDenied
    case 404:
      code = .unimplemented
    case 429, 502, 503, 504:
      code = .unavailable
    default:
      code = .unknown
    }

    let type = contentType.map { "the content type '\($0)'" } ?? "no content type"
    self.init(
      code: code,
      message: "The response isn't gRPC-Web: it has the HTTP status \(httpStatus.code) and \(type)."
    )
  }
}
