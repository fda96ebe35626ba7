internal import HTTPTypes

/// The head of the HTTP request of a call, for the service to look at.
///
/// `HTTPRequest` itself is some 300 bytes, which would be copied with the head of each call. Calls are all `POST`.
@available(GRPCWeb 1.0, *)
struct CallRequestHead: Sendable {
  private let scheme: String?
  private let authority: String?
  private let path: String?
  let fields: HTTPFields

  init(_ request: HTTPRequest) {
    self.scheme = request.scheme
    self.authority = request.authority
    self.path = request.path
    self.fields = request.headerFields
  }

  /// The head as it came.
  var httpRequest: HTTPRequest {
    HTTPRequest(
      method: .post,
      scheme: self.scheme,
      authority: self.authority,
      path: self.path,
      headerFields: self.fields
    )
  }
}
