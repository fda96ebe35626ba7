#if NIO
internal import GRPCWeb
internal import NIOCore

/// What all channels of an event loop share.
@available(GRPCWeb 1.0, *)
struct EventLoopResources: Sendable {
  /// Starts services on the threads of Swift's tasks.
  let startBatch: ServiceStartBatch
  /// Delivers the events of calls from those threads.
  let mailbox: EventLoopMailbox
  /// The date of responses.
  let date: DateCache

  /// Returns the resources of an event loop; to be called on it.
  static func of(_ eventLoop: any EventLoop, _ transport: GRPCWebServerTransport) -> Self {
    transport.eventLoopStorage.value(of: eventLoop) {
      Self(
        startBatch: ServiceStartBatch(eventLoop: eventLoop),
        mailbox: EventLoopMailbox(eventLoop: eventLoop),
        date: DateCache(eventLoop: eventLoop)
      )
    }
  }
}
#endif
