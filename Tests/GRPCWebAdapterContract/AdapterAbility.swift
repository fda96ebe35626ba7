/// An ability that some web frameworks lack, and their adapters with them.
@available(GRPCWeb 1.0, *)
public enum AdapterAbility: Sendable, Hashable, CaseIterable {
  /// Routes of the app exist beside the services.
  case otherRoutes

  /// The values of a repeated request header are all passed on.
  case repeatedRequestHeaders

  /// Request headers may have bytes that aren't UTF-8.
  case requestHeaderBytes

  /// Bytes that aren't ASCII in the path of a request are passed on, or answered with an HTTP status.
  case requestTargetBytes

  /// A call is answered although bytes that aren't a request follow it at once.
  case faultyFollowers

  /// Bytes that aren't HTTP are answered with an HTTP status.
  case malformedRequests

  /// Request headers of 50 KiB are accepted, and of 100 KiB refused.
  case largeRequestHeaders

  /// A client that has closed its side of the connection gets its response.
  case halfClosure

  /// A request whose body has a length is passed on before the body was received.
  case bodiesWithLengthAtOnce

  /// A request is passed on before the first byte of its body was received.
  case headsWithoutBody

  /// A connection is kept open when the client sends the rest of its request after the end of the
  /// response.
  case connectionsAfterEarlyEnd

  /// The server stops while calls run, and cancels the calls.
  case stoppingAtOnce

  /// After a request that offers an upgrade which isn't taken, the connection continues or is
  /// closed.
  case upgradeOffers

  /// A stream to an HTTP/1.0 client ends with the connection.
  case http10Streams

  /// The connection is closed after a response to an HTTP/1.0 client.
  case closingBehindHTTP10

  /// A client that waits for it gets status 100.
  case expectations

  /// The server stops in time although a client doesn't read a stream.
  case stoppingUnreadStreams

  /// The server stops in time although a client doesn't read the responses to unary calls.
  case stoppingUnreadResponses

  /// Middleware of the app sees a call before the adapter does.
  case middleware

  /// What the framework knows of a request reaches the service.
  case requestContexts

  /// Whether a test that shows that the ability is missing would take too long.
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
