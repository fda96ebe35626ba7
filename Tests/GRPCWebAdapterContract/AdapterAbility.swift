/// What a framework may not be able to do, so that an adapter for it can't either.
@available(GRPCWeb 1.0, *)
public enum AdapterAbility: Sendable, Hashable, CaseIterable {
  /// Has routes of an app's own beside the services.
  case otherRoutes

  /// Hands on every value of a request header that is repeated.
  case repeatedRequestHeaders

  /// Takes bytes that aren't UTF-8 in a request header.
  case requestHeaderBytes

  /// Takes bytes that aren't ASCII in the path of a request, or answers them with a status.
  case requestTargetBytes

  /// Answers a call although bytes that aren't a request follow it at once.
  case faultyFollowers

  /// Answers bytes that aren't HTTP with a status.
  case malformedRequests

  /// Takes headers of 50 KiB, and refuses such of 100 KiB.
  case largeRequestHeaders

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

  /// Goes on behind a request that offers an upgrade which isn't taken, or closes the connection.
  case upgradeOffers

  /// Answers clients of HTTP/1.0 with a stream that ends with the connection.
  case http10Streams

  /// Closes the connection behind a response to a client of HTTP/1.0.
  case closingBehindHTTP10

  /// Tells a client that waits for it that the body of its request is wanted.
  case expectations

  /// Stops in time although a client doesn't take a stream.
  case stoppingUnreadStreams

  /// Stops in time although a client doesn't take the responses to unary calls.
  case stoppingUnreadResponses

  /// Whether finding out that it is missing takes too long for a test.
  var isCostlyToLack: Bool {
    switch self {
    case .largeRequestHeaders, .stoppingUnreadStreams, .stoppingUnreadResponses, .upgradeOffers,
      .http10Streams, .closingBehindHTTP10:
      return true
    default:
      return false
    }
  }
}
