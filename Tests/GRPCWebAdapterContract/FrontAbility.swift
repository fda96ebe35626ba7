/// What a framework may not be able to do, so that an adapter for it can't either.
@available(GRPCWeb 1.0, *)
public enum FrontAbility: Sendable, Hashable, CaseIterable {
  /// Has routes of an app's own beside the services.
  case otherRoutes

  /// Hands on every value of a request header that is repeated.
  case repeatedRequestHeaders

  /// Takes bytes that aren't UTF-8 in a request header.
  case requestHeaderBytes

  /// Answers bytes that aren't HTTP with a status.
  case malformedRequests

  /// Refuses headers of 100 KiB.
  case requestHeaderLimit

  /// Answers a client that has closed its side of the connection.
  case halfClosure

  /// Hands a request on before its body is there, when that has a length.
  case bodiesWithLengthAtOnce

  /// Hands a request on before the first byte of its body is there.
  case headsWithoutBody

  /// Keeps a connection open on which the client sent on after the end of a response.
  case connectionsAfterEarlyEnd

  /// Stops while calls run, and cancels them.
  case stoppingAtOnce

  /// Sends a 204 without a length.
  case noContentWithoutLength
}
