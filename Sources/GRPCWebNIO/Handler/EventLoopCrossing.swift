internal import GRPCWeb
internal import NIOCore

/// What all connections of an event loop share: the ways to and from the threads that services run on, and the
/// date of responses.
@available(GRPCWeb 1.0, *)
struct EventLoopCrossing: Sendable {
  /// Takes services from the event loop to the threads.
  let starter: ServiceStarter
  /// Takes what they have to say back to the event loop.
  let inbox: EventLoopInbox
  /// The date of responses.
  let date: DateCache

  /// Returns the crossing of an event loop, on which it is to be called.
  static func of(_ eventLoop: any EventLoop, _ transport: GRPCWebServerTransport) -> Self {
    transport.eventLoopStorage.value(of: eventLoop) {
      Self(
        starter: ServiceStarter(eventLoop: eventLoop),
        inbox: EventLoopInbox(eventLoop: eventLoop),
        date: DateCache(eventLoop: eventLoop)
      )
    }
  }
}
