#if Hummingbird
public import GRPCWeb
public import ServiceLifecycle

/// A server that is one of an app's services is shut down by the service group, which waits for running calls in the
/// order in which services are stopped.
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
    // A service group ends the app when a service returns before it is asked to. So this waits for the group, although
    // the app's connections, which are stopped first, may have begun the shutdown of this server.
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
