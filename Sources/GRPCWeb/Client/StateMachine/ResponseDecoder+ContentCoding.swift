internal import GRPCCore
internal import HTTPTypes

/// Content codings of HTTP, which no gRPC-Web response may have.
@available(GRPCWeb 1.0, *)
extension ResponseDecoder {
  /// The content coding of a response, or `nil` if it has none.
  static func contentCoding(in fields: HTTPFields) -> String? {
    let codings = ContentCoding.codings(in: fields[.contentEncoding] ?? "")
    return codings.isEmpty ? nil : codings.joined(separator: ", ")
  }

  /// The error of a call whose response has a content coding.
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
}
