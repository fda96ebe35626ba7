import GRPCCore

@testable import GRPCWeb

@available(GRPCWeb 1.0, *)
extension ResponseEncoder {
  /// Writes a message, in a frame made as a call makes it.
  mutating func write(_ message: GRPCWebMessage) throws(RPCError) {
    var framer = MessageFramer(
      maximumMessageSize: self.config.limits.maximumResponseMessageSize,
      compressor: MessageCompressor(
        encoding: self.call.responseEncoding,
        minimumMessageSize: self.config.compression.minimumMessageSize
      )
    )
    try self.write(frame: try framer.frame(message), messageSize: message.count)
  }
}

@available(GRPCWeb 1.0, *)
extension ServerCallStateMachine {
  /// Ends the call with an error, of whatever origin.
  mutating func fail(_ error: RPCError) {
    self.fail(error, by: .service)
  }

  /// Writes a part of a response; a message goes into an uncompressed frame.
  mutating func write(_ part: RPCResponsePart<GRPCWebMessage>) throws(RPCError) {
    switch part {
    case .metadata(let metadata):
      try self.write(metadata)
    case .message(let message):
      try self.write(frame: message.frame, messageSize: message.count)
    case .status(let status, let metadata):
      try self.write(status, metadata)
    }
  }
}

@available(GRPCWeb 1.0, *)
extension ServerCall {
  /// Ends the call with an error, of whatever origin.
  func fail(_ error: RPCError) {
    self.fail(error, by: .service)
  }
}
