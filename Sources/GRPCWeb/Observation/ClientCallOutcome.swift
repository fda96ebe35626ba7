internal import GRPCCore

/// The outcome of a call on the client, as its state machine knows it: the record adds the times.
@available(GRPCWeb 1.0, *)
struct ClientCallOutcome: Sendable {
  var status: Status
  var end: GRPCWebCallRecord.End
  var received: GRPCWebCallRecord.Messages
  var sent: GRPCWebCallRecord.Messages
  var responseEncoding: MessageEncoding?
}
