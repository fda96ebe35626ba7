public import GRPCCore

/// The properties of a call, or of an attempt at a call, that are known when it starts.
@available(GRPCWeb 1.0, *)
public struct GRPCWebCallInfo: Sendable {
  /// How a call is written over HTTP.
  public enum WireProtocol: Hashable, Sendable {
    /// gRPC-Web, the messages as they are.
    case grpcWeb
    /// gRPC-Web in text mode, in base64.
    case grpcWebText
    /// Native gRPC over HTTP/2.
    case grpc
  }

  /// The method that the request names.
  ///
  /// A client can name any method: see ``isMethodRegistered``.
  public var method: MethodDescriptor

  /// Whether the method is one of the server's.
  ///
  /// A label of a metric may be made of registered methods only, as a peer could make labels without bound of others.
  /// Always `true` on the client, which calls the methods that its app knows.
  public var isMethodRegistered: Bool

  /// How the call is written; `nil` for a request that isn't a call, such as a preflight.
  ///
  /// The request and the response may differ in the mode; this is the mode of the request.
  public var wireProtocol: WireProtocol?

  /// The properties of the request besides its head.
  public var request: GRPCWebRequestInfo

  /// The metadata of the request.
  ///
  /// Empty on the client, where it is written later, and for requests that aren't calls.
  public var metadata: Metadata

  /// Creates a description of a call.
  ///
  /// - Parameters:
  ///   - method: The method that the request names.
  ///   - isMethodRegistered: Whether the method is one of the server's.
  ///   - wireProtocol: How the call is written; `nil` for a request that isn't a call.
  ///   - request: The properties of the request besides its head.
  ///   - metadata: The metadata of the request.
  public init(
    method: MethodDescriptor,
    isMethodRegistered: Bool,
    wireProtocol: WireProtocol?,
    request: GRPCWebRequestInfo,
    metadata: Metadata
  ) {
    self.method = method
    self.isMethodRegistered = isMethodRegistered
    self.wireProtocol = wireProtocol
    self.request = request
    self.metadata = metadata
  }
}

/// The properties of a request that an adapter knows besides its head.
@available(GRPCWeb 1.0, *)
public struct GRPCWebRequestInfo: Sendable, Hashable {
  /// A version of HTTP.
  public enum HTTPVersion: Hashable, Sendable {
    /// HTTP/1.1, or HTTP/1.0.
    case http1
    /// HTTP/2.
    case http2
  }

  /// The two ends of the connection.
  public var peers: GRPCWebPeers

  /// The version of HTTP; `nil` where the web framework, or the HTTP client, doesn't say.
  public var httpVersion: HTTPVersion?

  /// The ID of the request in the web framework's log, or `nil` if the framework has none.
  public var requestID: String?

  /// Creates a description of a request.
  ///
  /// - Parameters:
  ///   - peers: The two ends of the connection.
  ///   - httpVersion: The version of HTTP.
  ///   - requestID: The ID of the request in the web framework's log.
  public init(
    peers: GRPCWebPeers = .unknown,
    httpVersion: HTTPVersion? = nil,
    requestID: String? = nil
  ) {
    self.peers = peers
    self.httpVersion = httpVersion
    self.requestID = requestID
  }
}
