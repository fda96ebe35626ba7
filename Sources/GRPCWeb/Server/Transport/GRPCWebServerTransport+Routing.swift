internal import GRPCCore
package import HTTPTypes
internal import Synchronization

@available(GRPCWeb 1.0, *)
extension GRPCWebServerTransport {
  /// Returns a prefix with a slash before it and none behind it, as the paths of methods begin with a slash.
  package static func normalized(prefix: String) -> String {
    // Fast path: adapters hand a prefix over in this form with each request, mostly an empty one.
    if prefix.isEmpty
      || prefix.utf8.first == UInt8(ascii: "/") && prefix.utf8.last != UInt8(ascii: "/")
    {
      return prefix
    }
    return prefix.split(separator: "/").map { "/\($0)" }.joined()
  }

  /// Decides what to do with a request, from its head alone.
  ///
  /// For a request that has nothing to do with gRPC-Web this costs looking its path up.
  ///
  /// - Parameters:
  ///   - request: The head of the request.
  ///   - prefix: The path that the services are mounted at, ``normalized(prefix:)``.
  ///   - allowsNativeGRPC: Whether native gRPC is answered, too: over HTTP/2, by an adapter that can send trailers.
  ///   - info: The properties of the request besides its head. Evaluated only if there is an observer.
  package func route(
    _ request: HTTPRequest,
    prefix: String = "",
    allowsNativeGRPC: Bool = false,
    info: @autoclosure () -> GRPCWebRequestInfo = GRPCWebRequestInfo()
  ) -> GRPCWebRoute {
    guard var path = request.path else { return .pass }
    if !prefix.isEmpty {
      // Paths are compared by bytes, as a proxy before this server compares them.
      guard path.utf8.starts(with: prefix.utf8) else { return .pass }
      path = String(Substring(path.utf8.dropFirst(prefix.utf8.count)))
    }
    let methods = self.state.withLock { $0.methods }
    let route = GRPCWebRoute(
      request,
      path: path,
      methods: methods,
      allowsNativeGRPC: allowsNativeGRPC,
      config: self.config
    )
    guard let observer = self.config.observer else { return route }
    let method = methods.method(forPath: path)
    guard let named = method ?? MethodTable.descriptor(forPath: path) else { return route }
    var info = info()
    info.peers = self.config.trustedProxies.peers(info.peers, of: request.headerFields)
    return route.observed(
      by: observer,
      method: named,
      isMethodRegistered: method != nil,
      request: info
    )
  }
}
