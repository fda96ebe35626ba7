#if NIO
package import NIOCore

@available(GRPCWeb 1.0, *)
extension ChannelHandlerContext {
  /// How long a client may take to close its side of a connection whose last response has left.
  private static let lingeringTime = Duration.seconds(2)

  /// Closes the connection behind its last response, which has left this process, in a way that lets the response
  /// arrive.
  ///
  /// When a connection is closed while the client still sends, the system resets it, and the client loses what it
  /// hasn't read (RFC 9112, section 9.6). So only this side is closed. The caller is to drop what comes until the
  /// client has closed its side; after two seconds the connection is closed anyway.
  package func closeLingering(_ resources: EventLoopResources) {
    let channel = self.channel
    let queue = resources.timeoutQueue(for: Self.lingeringTime)
    let timer = queue.start { channel.close(promise: nil) }
    channel.closeFuture.assumeIsolated().whenComplete { _ in queue.cancel(timer) }
    let outputClosed = self.eventLoop.makePromise(of: Void.self)
    outputClosed.futureResult.whenFailure { _ in
      channel.close(promise: nil)
    }
    self.close(mode: .output, promise: outputClosed)
  }
}
#endif
