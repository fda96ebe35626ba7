internal import NIOCore
internal import Synchronization

/// The connections that a server has accepted and that are open.
///
/// At their maximum no further one is accepted: clients wait in the system's queue, and are refused by
/// the system when that is full.
@available(GRPCWeb 1.0, *)
final class AcceptedConnections: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var isClosing = false
  }

  private let maximum: Int
  private let state = Mutex(State())

  /// Starts with none.
  ///
  /// - Parameter maximum: How many there may be, `nil` for any number.
  init(maximum: Int?) {
    self.maximum = maximum ?? .max
  }

  /// Makes the handler of the listening channel.
  func makeHandler() -> some ChannelHandler {
    AcceptHandler(connections: self)
  }

  /// Closes all, and each that is still accepted.
  func closeAll() {
    let channels = self.state.withLock { state in
      state.isClosing = true
      return Array(state.channels.values)
    }
    for channel in channels {
      channel.close(promise: nil)
    }
  }

  fileprivate var isFull: Bool {
    self.state.withLock { $0.channels.count >= self.maximum }
  }

  fileprivate func add(_ channel: any Channel) {
    let isClosing = self.state.withLock { state in
      state.channels[ObjectIdentifier(channel)] = channel
      return state.isClosing
    }
    if isClosing {
      channel.close(promise: nil)
    }
  }

  fileprivate func remove(_ channel: any Channel) {
    self.state.withLock { $0.channels[ObjectIdentifier(channel)] = nil }
  }
}

/// Counts connections as they are accepted, and accepts none while there are too many.
@available(GRPCWeb 1.0, *)
private final class AcceptHandler: ChannelDuplexHandler {
  typealias InboundIn = any Channel
  typealias InboundOut = any Channel
  typealias OutboundIn = Never

  private let connections: AcceptedConnections
  private var isReadHeld = false

  init(connections: AcceptedConnections) {
    self.connections = connections
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let channel = self.unwrapInboundIn(data)
    self.connections.add(channel)
    let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    channel.closeFuture.hop(to: context.eventLoop).whenComplete { [connections] _ in
      connections.remove(channel)
      let (handler, context) = handler.value
      handler.acceptIfHeld(context: context)
    }
    context.fireChannelRead(data)
  }

  func read(context: ChannelHandlerContext) {
    if self.connections.isFull {
      self.isReadHeld = true
    } else {
      context.read()
    }
  }

  private func acceptIfHeld(context: ChannelHandlerContext) {
    guard self.isReadHeld, !self.connections.isFull else { return }
    self.isReadHeld = false
    context.read()
  }
}
