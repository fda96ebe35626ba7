#if Hummingbird
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
  /// Runs until the service group begins graceful shutdown, or cancels the task, and the last call has ended.
  ///
  /// After graceful shutdown has begun, calls may go on for the configured grace period. Cancellation ends
  /// them at once with `unavailable`.
  public func run() async throws {
    // The app stops its connections first, and with them begins the shutdown of this server. To return then
    // would be a fault: a service group ends the app when a service returns before it is asked to.
    try? await gracefulShutdown()
    self.beginGracefulShutdown()
    await withTaskCancellationHandler {
      await self.untilShutdown()
    } onCancel: {
      self.endCalls()
    }
  }
}
#endif
