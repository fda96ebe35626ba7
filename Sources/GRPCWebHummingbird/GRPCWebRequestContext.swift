public import GRPCWeb
public import Hummingbird
public import NIOCore

/// A request context that knows both ends of the connection.
///
/// Hummingbird hands the connection to the request context and to nothing else, so that a context
/// has to keep what services are to see in their `ServerContext`.
@available(GRPCWeb 1.0, *)
public protocol PeersRequestContext: RequestContext {
  /// The two ends of the connection.
  var peers: GRPCWebPeers { get }
}

/// Hummingbird's basic request context, with both ends of the connection.
///
/// ```swift
/// let router = Router(context: GRPCWebRequestContext.self)
/// ```
@available(GRPCWeb 1.0, *)
public struct GRPCWebRequestContext: PeersRequestContext, RemoteAddressRequestContext {
  /// What Hummingbird itself keeps.
  public var coreContext: CoreRequestContextStorage

  /// The address of the client.
  public let remoteAddress: SocketAddress?

  /// The address that the client connected to.
  public let localAddress: SocketAddress?

  /// The two ends of the connection.
  public var peers: GRPCWebPeers {
    GRPCWebPeers(remote: self.remoteAddress, local: self.localAddress)
  }

  /// Creates a context for a request.
  public init(source: Source) {
    self.coreContext = CoreRequestContextStorage(source: source)
    self.remoteAddress = source.channel.remoteAddress
    self.localAddress = source.channel.localAddress
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebPeers {
  /// What a request context of whatever type knows of the connection.
  init(_ context: some RequestContext) {
    if let context = context as? any PeersRequestContext {
      self = context.peers
    } else if let context = context as? any RemoteAddressRequestContext {
      self.init(remote: context.remoteAddress, local: nil)
    } else {
      self = .unknown
    }
  }
}
