internal import GRPCWeb
internal import NIOCore

@available(GRPCWeb 1.0, *)
extension GRPCWebChannelHandler {
  /// Closes the connection when the grace period is over, if a call is being answered then: its client doesn't
  /// take the response.
  ///
  /// To be called on the event loop when graceful shutdown begins, where the handler isn't told by a
  /// `ChannelShouldQuiesceEvent` itself.
  package func closeAfterGracePeriod() {
    guard self.closingAfterGracePeriod == nil, let context = self.context else { return }
    let delay = TimeAmount(afterGracePeriod: self.transport.shutdownGracePeriod)
    self.closingAfterGracePeriod = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
      if self.order.isAnswering {
        self.context?.close(promise: nil)
      }
    }
  }
}
