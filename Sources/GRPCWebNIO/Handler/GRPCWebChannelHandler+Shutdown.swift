#if NIO
internal import GRPCWeb
internal import NIOCore

@available(GRPCWeb 1.0, *)
extension GRPCWebChannelHandler {
  /// Closes the connection when the grace period is over, if a call is being answered then, or one waits for its
  /// client to take the responses before: that client doesn't read.
  ///
  /// To be called on the event loop when graceful shutdown begins, where the handler isn't told by a
  /// `ChannelShouldQuiesceEvent` itself.
  package func closeAfterGracePeriod() {
    guard self.closingAfterGracePeriod == nil, let context = self.context else { return }
    let delay = TimeAmount(self.transport.closingPeriod)
    self.closingAfterGracePeriod = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
      let isHeldByClient = !self.held.isEmpty && self.order.appRequests == 0
      if self.order.isAnswering || isHeldByClient {
        self.context?.close(promise: nil)
      }
    }
  }
}
#endif
