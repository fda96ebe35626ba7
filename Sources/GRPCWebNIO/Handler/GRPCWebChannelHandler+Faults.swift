#if NIO
internal import GRPCCore
internal import GRPCWeb
internal import NIOCore
internal import NIOHTTP1

/// What happens to bytes that aren't HTTP.
@available(GRPCWeb 1.0, *)
extension GRPCWebChannelHandler {
  /// Returns whether an error is about what a client sent, and not about the connection.
  ///
  /// A request that the end of the connection has cut off is neither: its client has gone.
  static func isFaultOfRequest(_ error: any Error) -> Bool {
    if let error = error as? HTTPParserError {
      return error != .invalidEOFState
    }
    // SwiftNIO's decoder reports this for bytes behind a fault.
    return error is HTTP1RequestError || error is ByteToMessageDecoderError
  }

  /// Fails the call whose request is malformed; elsewhere the app gets the error, behind the calls that came before.
  func receiveFault(_ error: any Error, context: ChannelHandlerContext) {
    guard self.held.error == nil else { return }
    switch self.stateMachine.receiveFault() {
    case .failCall:
      self.running?.call.fail(.malformedBody, by: .badRequest)
    case .closeLingering:
      self.closeLingering()
    case .reportError:
      context.fireErrorCaught(error)
    case .holdError:
      self.held.append(error)
      self.reportHeldError(context: context)
    case .ignore:
      break
    }
  }

  /// Hands a held error to the app, if all calls before it have been answered.
  func reportHeldError(context: ChannelHandlerContext) {
    guard self.held.error != nil, self.held.hasNoRequests, self.stateMachine.reportFault(),
      let error = self.held.takeError()
    else {
      return
    }
    context.fireErrorCaught(error)
  }
}
#endif
