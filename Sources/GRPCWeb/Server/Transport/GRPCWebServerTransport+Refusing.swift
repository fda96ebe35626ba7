package import GRPCCore
package import HTTPTypes
internal import Synchronization

@available(GRPCWeb 1.0, *)
extension GRPCWebServerTransport {
  /// Decides what to do with a request that the app refuses: see ``GRPCWebServer/refuse(_:with:info:)``.
  package func routeRefused(
    _ request: HTTPRequest,
    with error: RPCError,
    info: @autoclosure () -> GRPCWebRequestInfo
  ) -> GRPCWebRoute {
    let contentType = CallFields.value(of: .contentType, in: request.headerFields) ?? ""
    guard request.method == .post, let path = request.path, ContentType.isGRPCWeb(contentType)
    else {
      return .pass
    }
    let route = self.route(request, prefix: Self.mountPath(of: path), info: info())
    guard case .call(var call) = route else { return route }
    call.refuse(with: error)
    return .call(call)
  }

  /// The path of a request without the two components that name a method: where the services are mounted, if the path
  /// is one of theirs.
  package static func mountPath(of path: String) -> String {
    let path = path.prefix(beforeByte: UInt8(ascii: "?"))
    guard let method = path.utf8.lastIndex(of: UInt8(ascii: "/")),
      let service = path[..<method].utf8.lastIndex(of: UInt8(ascii: "/"))
    else {
      return ""
    }
    return String(path[..<service])
  }

  /// The paths of the registered methods.
  package var methodPaths: [String] {
    self.state.withLock { $0.methods }.paths
  }

  /// Whether preflight requests are answered.
  package var answersPreflights: Bool {
    self.config.cors.isEnabled
  }

  /// The name of the endpoint that a request is for, to be a label of metrics.
  ///
  /// - Parameter path: The path of the request.
  /// - Returns: The path of a registered method, without the path that it is mounted at; for any other the same name, as
  ///   a peer could make names without bound.
  package func endpointPath(of path: String?) -> String {
    guard let path = path else { return Self.unknownEndpointPath }
    let methods = self.state.withLock { $0.methods }
    let methodPath = path.utf8.dropFirst(Self.mountPath(of: path).utf8.count)
    guard let method = methods.method(forPath: String(Substring(methodPath))) else {
      return Self.unknownEndpointPath
    }
    return "/\(method.fullyQualifiedMethod)"
  }

  /// The name of the endpoint that a call is for: see ``endpointPath(of:)``.
  package func endpointPath(of call: GRPCWebCallHead) -> String {
    call.isMethodRegistered ? "/\(call.method.fullyQualifiedMethod)" : Self.unknownEndpointPath
  }

  private static let unknownEndpointPath = "/gRPC-Web"
}
