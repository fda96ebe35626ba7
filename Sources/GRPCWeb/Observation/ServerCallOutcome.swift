internal import GRPCCore

/// What a state machine knows of a call that has ended, for its record.
@available(GRPCWeb 1.0, *)
struct ServerCallOutcome: Sendable {
  var status: Status
  var end: GRPCWebCallRecord.End
  var received: GRPCWebCallRecord.Messages
  var sent: GRPCWebCallRecord.Messages
}

@available(GRPCWeb 1.0, *)
extension GRPCWebCallRecord.End {
  /// The end of a call by what was wrong with its request: a limit that it exceeded, or another fault.
  static func badRequest(_ error: RPCError) -> Self {
    error.code == .resourceExhausted ? .limit : .badRequest
  }
}

@available(GRPCWeb 1.0, *)
extension Status {
  /// The status that an error stands for.
  init(_ error: RPCError) {
    self.init(code: Code(error.code), message: error.message)
  }
}
