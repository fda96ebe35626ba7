#if NIO
internal import NIOCore

/// Closes a connection after some time, unless the client has done by then what it was given the time for.
///
/// SwiftNIO looks through all timers of an event loop to cancel one, also one that has been cancelled already. So
/// this cancels once, however often it is told: it is told with each request.
@available(GRPCWeb 1.0, *)
final class ConnectionDeadline: Sendable {
  private let scheduled: NIOLoopBoundBox<Scheduled<Void>?>

  /// Gives a client time from now on.
  ///
  /// To be called on the connection's event loop, as everything here.
  ///
  /// - Parameters:
  ///   - timeout: How much; `nil` for any amount.
  ///   - channel: The connection.
  init(in timeout: Duration?, closing channel: any Channel) {
    let scheduled = timeout.map { timeout in
      channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
        channel.close(promise: nil)
      }
    }
    self.scheduled = NIOLoopBoundBox(scheduled, eventLoop: channel.eventLoop)
    channel.closeFuture.whenComplete { _ in self.meet() }
  }

  /// Notes that the client has done it, or has gone.
  func meet() {
    self.scheduled.value.take()?.cancel()
  }
}
#endif
