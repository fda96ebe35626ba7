internal import GRPCWeb
internal import NIOCore

/// Takes a call's word from whatever thread the service runs on to the event loop of the connection.
@available(GRPCWeb 1.0, *)
final class EventLoopFront: ServerCallFront {
  private let inbox: EventLoopInbox
  private let handler: NIOLoopBound<GRPCWebChannelHandler>

  /// Creates the front of a handler; to be called on its event loop.
  init(_ handler: GRPCWebChannelHandler, eventLoop: any EventLoop, inbox: EventLoopInbox) {
    self.inbox = inbox
    self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
  }

  func outputIsReady(of call: ServerCall) {
    self.inbox.add { self.handler.value.sendOutput(of: call) }
  }

  func hasRoom(for call: ServerCall) {
    self.inbox.add { self.handler.value.readOn(for: call) }
  }
}
