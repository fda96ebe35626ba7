#if FlyingFox
public import FlyingFox
public import GRPCWeb
internal import HTTPTypes
internal import NIOCore

@available(GRPCWeb 1.0, *)
extension GRPCWebServer {
  /// A handler that answers this server's calls, and leaves every other request to the next route
  /// with its body unread.
  ///
  /// ```swift
  /// await server.appendRoute("*", to: grpcWeb.handler())
  /// ```
  ///
  /// - Parameter prefix: The path that the services are mounted at, such as `/api`; empty for none.
  public func handler(prefix: String = "") -> GRPCWebHandler {
    GRPCWebHandler(server: self, prefix: prefix)
  }
}

/// Answers gRPC-Web calls in a FlyingFox server.
///
/// Append the handler with the route `*`, before the routes that should not see calls. The handler
/// notices that a client has gone only while it reads the request or writes the response: a service
/// that does neither runs to its end or its deadline.
@available(GRPCWeb 1.0, *)
public struct GRPCWebHandler: HTTPHandler {
  private let server: GRPCWebServer
  private let prefix: String

  init(server: GRPCWebServer, prefix: String) {
    self.server = server
    self.prefix = prefix
  }

  /// Answers a call.
  ///
  /// - Throws: `HTTPUnhandledError` for every other request, which FlyingFox takes to the next route.
  public func handleRequest(_ request: FlyingFox.HTTPRequest) async throws -> FlyingFox.HTTPResponse
  {
    guard let head = HTTPTypes.HTTPRequest(request) else {
      throw HTTPUnhandledError()
    }
    let route = self.server.route(
      head,
      prefix: self.prefix,
      info: GRPCWebRequestInfo(
        peers: GRPCWebPeers(remote: request.remoteAddress),
        httpVersion: .http1
      )
    )
    switch route {
    case .pass:
      throw HTTPUnhandledError()
    case .respond(let head):
      let unread = RequestBody(request.bodySequence)
      return FlyingFox.HTTPResponse(head, body: .complete([]), after: unread)
    case .call(let call):
      let body = RequestBody(request.bodySequence)
      let peers = GRPCWebPeers(remote: request.remoteAddress)
      let response = await self.server.respond(
        to: call,
        body: body,
        peers: peers,
        requestContext: request
      )
      return FlyingFox.HTTPResponse(response.head, body: response.body, after: body)
    }
  }
}

@available(GRPCWeb 1.0, *)
extension FlyingFox.HTTPResponse {
  fileprivate init(
    _ head: HTTPTypes.HTTPResponse,
    body: GRPCWebResponse.Body,
    after request: RequestBody
  ) {
    var headers = HTTPHeaders()
    for field in head.headerFields {
      headers.addValue(field.value, for: HTTPHeader(field.name.canonicalName))
    }
    headers[.date] = ResponseDate.shared.now()

    // FlyingFox gives each response a length or chunks, and a 204 may have neither (RFC 9110,
    // section 8.6).
    let status: HTTPTypes.HTTPResponse.Status = head.status == .noContent ? .ok : head.status
    var length = head.headerFields[.contentLength].flatMap { Int($0) }
    if case .complete(let buffers) = body {
      length = buffers.reduce(0) { $0 + $1.readableBytes }
    }
    self.init(
      statusCode: HTTPStatusCode(status.code, phrase: status.reasonPhrase),
      headers: headers,
      body: ResponseBody.sequence(of: body, length: length, after: request)
    )
  }
}

extension HTTPTypes.HTTPRequest {
  /// Creates the head of a request, or `nil` if the method is invalid.
  fileprivate init?(_ request: FlyingFox.HTTPRequest) {
    guard let method = Method(request.method.rawValue) else { return nil }
    self.init(
      method: method,
      scheme: "http",
      authority: request.headers[.host],
      path: request.target.rawValue
    )
    for (header, value) in request.headers {
      if let name = HTTPField.Name(header.rawValue) {
        self.headerFields.append(HTTPField(name: name, value: value))
      }
    }
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebPeers {
  fileprivate init(remote: FlyingFox.HTTPRequest.Address?) {
    self = .unknown
    switch remote {
    case .ip4(let address, let port):
      self.remote = "ipv4:\(address):\(port)"
    case .ip6(let address, let port):
      self.remote = "ipv6:[\(address)]:\(port)"
    case .unix(let path):
      self.remote = "unix:\(path)"
    case .none:
      break
    }
  }
}
#endif
