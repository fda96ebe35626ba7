public import GRPCWeb
public import ServiceLifecycle

/// As one of an app's services, a server's shutdown is in the hands of the service group: it waits for
/// running calls in the order in which services are stopped.
///
/// ```swift
/// var app = Application(router: router, server: .grpcWeb(grpcWeb))
/// app.addServices(grpcWeb)
/// ```
@available(GRPCWeb 1.0, *)
extension GRPCWebServer: Service {
  /// Runs until graceful shutdown has begun and the last call has ended.
  public func run() async throws {
    await withTaskCancellationOrGracefulShutdownHandler {
      await self.untilShutdown()
    } onCancelOrGracefulShutdown: {
      self.beginGracefulShutdown()
    }
  }
}
