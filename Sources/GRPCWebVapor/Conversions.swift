#if Vapor
internal import GRPCWeb
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import Vapor

@available(GRPCWeb 1.0, *)
extension GRPCWebRequestInfo {
  /// What Vapor knows of a request besides its head.
  init(_ request: Vapor.Request) {
    self.init(
      peers: GRPCWebPeers(remote: request.remoteAddress, local: nil),
      httpVersion: request.version.major == 2 ? .http2 : .http1,
      requestID: request.id
    )
  }
}

extension HTTPRequest {
  /// Creates the head of a request, or returns `nil` if the HTTP method isn't valid.
  init?(_ request: Vapor.Request) {
    guard let method = Method(request.method.rawValue) else { return nil }
    self.init(
      method: method,
      scheme: "http",
      authority: request.headers.first(name: .host),
      path: request.url.string
    )
    for (name, value) in request.headers {
      if let name = HTTPField.Name(name) {
        self.headerFields.append(HTTPField(name: name, value: value))
      }
    }
  }
}

extension Vapor.Response {
  convenience init(_ head: HTTPResponse, to request: Vapor.Request, body: Body) {
    self.init(
      status: HTTPResponseStatus(
        statusCode: head.status.code,
        reasonPhrase: head.status.reasonPhrase
      ),
      // The version tells SwiftNIO whether a body without a length may be sent in chunks.
      version: request.version == .http1_0 ? .http1_0 : .http1_1,
      // Headers are passed unchanged: Vapor would give a length to a response that has none.
      headersNoUpdate: HTTPHeaders(
        head.headerFields.map { ($0.name.canonicalName, $0.value) }
      ),
      body: body
    )
  }
}
#endif
