public import ServiceLifecycle

@available(GRPCWeb 1.0, *)
extension ServiceGroup {
  /// Runs the services until the task is cancelled, and then stops them as apps are stopped.
  ///
  /// A Hummingbird app whose task is cancelled while it accepts a connection traps: nobody takes the
  /// connection, and SwiftNIO asks for that ("Deinited NIOAsyncWriter without calling finish()"). So it
  /// stops listening first; what still runs a second later is cancelled.
  public func runUntilCancelled() async throws {
    let running = Task { try await self.run() }
    try await withTaskCancellationHandler {
      try await running.value
    } onCancel: {
      Task {
        await self.triggerGracefulShutdown()
        try? await Task.sleep(for: .seconds(1))
        running.cancel()
      }
    }
  }
}
