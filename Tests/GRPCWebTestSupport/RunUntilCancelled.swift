/// Runs a server until the task is cancelled, and then stops it as apps are stopped.
///
/// A Hummingbird app whose task is cancelled while it accepts a connection traps: nobody takes the
/// connection, and SwiftNIO asks for that ("Deinited NIOAsyncWriter without calling finish()"). So it
/// stops listening first; what still runs a second later is cancelled.
///
/// - Parameters:
///   - run: Runs the server.
///   - stop: Begins its graceful shutdown.
@available(GRPCWeb 1.0, *)
public func runUntilCancelled(
  _ run: @escaping @Sendable () async throws -> Void,
  stop: @escaping @Sendable () async -> Void
) async throws {
  let running = Task { try await run() }
  try await withTaskCancellationHandler {
    try await running.value
  } onCancel: {
    Task {
      await stop()
      try? await Task.sleep(for: .seconds(1))
      running.cancel()
    }
  }
}
