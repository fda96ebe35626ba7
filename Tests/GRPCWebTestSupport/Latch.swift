/// Something that one task waits for and another makes happen.
@available(GRPCWeb 1.0, *)
public final class Latch: Sendable {
  private let stream: AsyncStream<Never>
  private let continuation: AsyncStream<Never>.Continuation

  /// Creates a latch, which is shut.
  public init() {
    (self.stream, self.continuation) = AsyncStream.makeStream()
  }

  /// Opens the latch, for good.
  public func open() {
    self.continuation.finish()
  }

  /// Waits until the latch is open, or the task is cancelled.
  ///
  /// One task may wait.
  public func wait() async {
    for await _ in self.stream {}
  }
}
