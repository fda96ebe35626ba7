internal import GRPCCore

/// What the `ServerContext` of a service carries of its transport: the call itself.
///
/// One reference, which needs no box where it is kept as a protocol's.
@available(GRPCWeb 1.0, *)
struct ServerCallReference: ServerContext.TransportSpecific {
  let call: ServerCall
}

@available(GRPCWeb 1.0, *)
extension ServerContext {
  /// The call that a service answers; `nil` where the transport is another.
  var serverCall: ServerCall? {
    (self.transportSpecific as? ServerCallReference)?.call
  }
}
