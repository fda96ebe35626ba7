#if NIO
internal import GRPCWeb
internal import NIOCore

/// The delegate of the calls of one channel: it hands their events, which come on any thread, to the channel's handler
/// on the event loop.
@available(GRPCWeb 1.0, *)
final class EventLoopCallDelegate: ServerCallDelegate {
  private let mailbox: EventLoopMailbox
  private let handler: NIOLoopBound<GRPCWebChannelHandler>

  /// Creates the delegate of a handler, on the event loop of the handler.
  init(_ handler: GRPCWebChannelHandler, eventLoop: any EventLoop, mailbox: EventLoopMailbox) {
    self.mailbox = mailbox
    self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
  }

  func outputIsReady(of call: ServerCall) {
    self.mailbox.post(.init(kind: .outputIsReady, call: call, delegate: self))
  }

  func hasRoom(for call: ServerCall) {
    self.mailbox.post(.init(kind: .hasRoom, call: call, delegate: self))
  }

  /// Hands an event to the handler, on the event loop.
  func receive(_ event: EventLoopMailbox.Event.Kind, of call: ServerCall) {
    switch event {
    case .outputIsReady:
      self.handler.value.sendOutput(of: call)
    case .hasRoom:
      self.handler.value.readOn(for: call)
    }
  }
}
#endif
