internal import GRPCCore

/// The handler of a transport's calls: the closure that `GRPCServer` passes to `listen(streamHandler:)`.
///
/// In GRPCCore the closure finds the method in the server's `RPCRouter`, and runs the interceptors and the service.
///
/// The handler is an object because a closure would be allocated anew each time that it is passed on.
@available(GRPCWeb 1.0, *)
final class ServerStreamHandler: Sendable {
  typealias Stream = RPCStream<GRPCWebServerTransport.Inbound, GRPCWebServerTransport.Outbound>

  let handle: @Sendable (Stream, ServerContext) async -> Void

  init(_ handle: @escaping @Sendable (Stream, ServerContext) async -> Void) {
    self.handle = handle
  }
}
