@available(GRPCWeb 1.0, *)
extension Task where Success == Void, Failure == Never {
  /// Creates a task that runs on the caller's thread until it first suspends, where the system can do
  /// that (`Task.immediate`); elsewhere an ordinary one.
  static func startingHere(_ operation: @escaping @Sendable () async -> Void) -> Self {
    #if compiler(>=6.2)
    if #available(macOS 26.0, iOS 26.0, watchOS 26.0, tvOS 26.0, visionOS 26.0, *) {
      return Task.immediate(operation: operation)
    }
    #endif
    return Task(operation: operation)
  }
}
