internal import GRPCCore

/// The outcome of a call on the server, as its state machine knows it: the record adds the times.
@available(GRPCWeb 1.0, *)
struct ServerCallOutcome: Sendable {
  var status: Status
  var end: GRPCWebCallRecord.End
  var received: GRPCWebCallRecord.Messages
  var sent: GRPCWebCallRecord.Messages
}

@available(GRPCWeb 1.0, *)
extension GRPCWebCallRecord.End {
  /// The end of a call that failed with an error of its request: a limit was exceeded, or another fault.
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
