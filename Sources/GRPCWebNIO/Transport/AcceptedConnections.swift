#if NIO
internal import NIOCore
internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

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

  /// Creates a register without connections.
  ///
  /// - Parameter maximum: How many connections there may be, `nil` for any number.
  init(maximum: Int?) {
    self.maximum = maximum ?? .max
  }

  /// Makes the handler of the listening channel.
  func makeHandler() -> some ChannelHandler {
    AcceptHandler(connections: self)
  }

  /// Closes all connections, and each that is accepted from now on.
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

/// Counts connections as they are accepted, and accepts none while there are too many, or the system has no descriptor
/// for another.
@available(GRPCWeb 1.0, *)
private final class AcceptHandler: ChannelDuplexHandler {
  typealias InboundIn = any Channel
  typealias InboundOut = any Channel
  typealias OutboundIn = Never

  private enum State {
    /// Connections are accepted as they come.
    case accepting
    /// There are as many connections as there may be; another is accepted when one has been closed.
    case full
    /// A connection couldn't be accepted. SwiftNIO would try again at once and for ever, so reading is switched off
    /// for a while.
    case pausing
    /// The pause is over, reading is still switched off, and there are as many connections as there may be.
    case pausedAndFull
  }

  /// How long no connection is accepted after a failure to accept one.
  private static let pause = TimeAmount.milliseconds(100)

  private let connections: AcceptedConnections
  private var state = State.accepting

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
      handler.connectionClosed(context: context)
    }
    context.fireChannelRead(data)
  }

  func read(context: ChannelHandlerContext) {
    if self.connections.isFull {
      self.state = .full
    } else {
      context.read()
    }
  }

  private func connectionClosed(context: ChannelHandlerContext) {
    guard !self.connections.isFull else { return }
    switch self.state {
    case .accepting, .pausing:
      break
    case .full:
      self.state = .accepting
      context.read()
    case .pausedAndFull:
      self.resume(context: context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError, error.isForWantOfResources else {
      context.fireErrorCaught(error)
      return
    }
    if case .pausing = self.state { return }
    self.state = .pausing
    try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
      if self.connections.isFull {
        self.state = .pausedAndFull
      } else {
        self.resume(context: context)
      }
    }
  }

  private func resume(context: ChannelHandlerContext) {
    self.state = .accepting
    try? context.channel.syncOptions?.setOption(.autoRead, value: true)
  }
}

extension IOError {
  /// Whether a connection couldn't be accepted as the process or the system has no descriptor or memory for it.
  fileprivate var isForWantOfResources: Bool {
    [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(self.errnoCode)
  }
}
#endif
