#if NIO
internal import GRPCCore
internal import GRPCWeb
internal import NIOCore

/// The limits of how long a client may make no progress with a request or a response.
@available(GRPCWeb 1.0, *)
extension GRPCWebChannelHandler {
  /// Limits how long the rest of a request may take, as long as it is awaited.
  ///
  /// To be called when some of the request has come, or can come again.
  func watchRequest() {
    switch self.stateMachine.state.awaitingRestOfRequest {
    case .nothing:
      self.requestTimer.cancel()
    case .call, .connection:
      self.requestTimer.restart { self.requestStalled() }
    }
  }

  private func requestStalled() {
    switch self.stateMachine.state.awaitingRestOfRequest {
    case .call where self.running?.call.isAwaitingRestOfMessage == false:
      // Between two messages of a stream a client may take its time.
      self.requestTimer.restart { self.requestStalled() }
    case .call:
      if self.httpVersion == .http1 {
        self.stateMachine.requestStalled()
      }
      self.running?.call.fail(.requestStalled, by: .limit)
    case .connection:
      self.context?.close(promise: nil)
    case .nothing:
      break
    }
  }

  /// Limits how long a client may take nothing of what has been sent, while there is too much of it.
  ///
  /// The app has to watch its own responses.
  func watchResponse() {
    if self.isWritable || self.stateMachine.state.appRequests > 0 {
      self.responseTimer.cancel()
    } else {
      self.bytesAwaitingClient = self.queuedBytes
      self.responseTimer.start { self.responseStalled() }
    }
  }

  private func responseStalled() {
    let queuedBytes = self.queuedBytes
    if queuedBytes != self.bytesAwaitingClient {
      self.bytesAwaitingClient = queuedBytes
      self.responseTimer.restart { self.responseStalled() }
    } else {
      self.abandonCall()
      self.context?.close(promise: nil)
    }
  }

  /// How many bytes the connection hasn't taken; `nil` where the channel doesn't say: asking a stream of HTTP/2
  /// would trap.
  private var queuedBytes: Int? {
    guard let channel = self.context?.channel, channel is any SocketOptionProvider else {
      return nil
    }
    return try? channel.syncOptions?.getOption(.bufferedWritableBytes)
  }
}
#endif
