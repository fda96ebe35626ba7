#if Hummingbird
internal import GRPCWeb
internal import Hummingbird

@available(GRPCWeb 1.0, *)
extension GRPCWebServer {
  /// Names the endpoint of a request, for Hummingbird's own metrics and traces.
  ///
  /// A registered method's path, the same wherever the services are mounted; for others one name, as a client could
  /// make names without bound. In a group the router has named the endpoint.
  func nameEndpoint(of request: Request, context: some RequestContext) {
    let name = context.coreContext.endpointPath
    if name.value == nil {
      name.value = self.transport.endpointPath(of: request.head.path)
    }
  }

  /// Names the endpoint of a call: its method has been looked up already.
  func nameEndpoint(of call: GRPCWebCallHead, context: some RequestContext) {
    let name = context.coreContext.endpointPath
    if name.value == nil {
      name.value = self.transport.endpointPath(of: call)
    }
  }
}
#endif
