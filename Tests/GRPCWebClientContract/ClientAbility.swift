/// What an HTTP client may not be able to do, so that an adapter for it can't either.
@available(GRPCWeb 1.0, *)
public enum ClientAbility: Sendable, Hashable, CaseIterable {
  /// Sends the body of a request while it is written.
  case streamedRequests

  /// Takes no more of a response than is read, so that the server is slowed down.
  case responseBackPressure
}
