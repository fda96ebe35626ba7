internal import GRPCCore

/// The transport's part of a `ServerContext`: a reference to the call.
///
/// A single reference is stored in an existential without a box.
@available(GRPCWeb 1.0, *)
struct ServerCallReference: ServerContext.TransportSpecific {
  let call: ServerCall
}

@available(GRPCWeb 1.0, *)
extension ServerContext {
  /// The call that a service answers, or `nil` if the transport is another.
  var serverCall: ServerCall? {
    (self.transportSpecific as? ServerCallReference)?.call
  }
}
