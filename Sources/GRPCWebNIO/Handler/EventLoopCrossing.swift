internal import GRPCWeb
internal import NIOCore

/// The ways between an event loop and the threads that services run on, shared by all its connections.
@available(GRPCWeb 1.0, *)
struct EventLoopCrossing: Sendable {
  /// Takes services from the event loop to the threads.
  let starter: ServiceStarter
  /// Takes what they have to say back to the event loop.
  let inbox: EventLoopInbox

  /// Returns the crossing of an event loop, on which it is to be called.
  static func of(_ eventLoop: any EventLoop, _ transport: GRPCWebServerTransport) -> Self {
    transport.eventLoopStorage.value(of: eventLoop) {
      Self(
        starter: ServiceStarter(eventLoop: eventLoop),
        inbox: EventLoopInbox(eventLoop: eventLoop)
      )
    }
  }
}
