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
    try self.write(frame: try framer.frame(message))
  }
}

@available(GRPCWeb 1.0, *)
extension ServerCallStateMachine {
  /// Writes a part of a response; a message goes into an uncompressed frame.
  mutating func write(_ part: RPCResponsePart<GRPCWebMessage>) throws(RPCError) {
    switch part {
    case .metadata(let metadata):
      try self.write(metadata)
    case .message(let message):
      try self.write(frame: message.frame)
    case .status(let status, let metadata):
      try self.write(status, metadata)
    }
  }
}
