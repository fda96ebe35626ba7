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
    self.inbox.add(.init(content: .outputIsReady, call: call, front: self))
  }

  func hasRoom(for call: ServerCall) {
    self.inbox.add(.init(content: .hasRoom, call: call, front: self))
  }

  /// Hands the word of a call on, on the event loop.
  func receive(_ word: EventLoopInbox.Word.Content, of call: ServerCall) {
    switch word {
    case .outputIsReady:
      self.handler.value.sendOutput(of: call)
    case .hasRoom:
      self.handler.value.readOn(for: call)
    }
  }
}
