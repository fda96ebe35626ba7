#if NIO
package import NIOCore

extension ChannelHandlerContext {
  /// How long a client may take to close its side of a connection whose last response has left.
  private static let lingeringTime = TimeAmount.seconds(2)

  /// Closes the connection behind the last response, which has left this process, so that it arrives.
  ///
  /// Were the connection closed while the client still sends, the system would break it off, and with it what the
  /// client hasn't read (RFC 9112, section 9.6). So only this side is closed; whoever calls this is to drop what
  /// comes until the client has closed its side, or some time has passed.
  package func closeLingering() {
    let channel = self.channel
    let close = channel.eventLoop.scheduleTask(in: Self.lingeringTime) {
      channel.close(promise: nil)
    }
    channel.closeFuture.whenComplete { _ in close.cancel() }
    let outputClosed = self.eventLoop.makePromise(of: Void.self)
    outputClosed.futureResult.whenFailure { _ in
      channel.close(promise: nil)
    }
    self.close(mode: .output, promise: outputClosed)
  }
}
#endif
