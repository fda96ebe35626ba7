/// An ability that some HTTP clients lack, and their adapters with them.
@available(GRPCWeb 1.0, *)
public enum ClientAbility: Sendable, Hashable, CaseIterable {
  /// The body of a request is sent while it is written.
  case streamedRequests

  /// A response is read no faster than its reader reads, so that the server is slowed down.
  case responseBackPressure
}
