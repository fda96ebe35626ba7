#if Hummingbird
internal import GRPCWeb
public import Hummingbird
public import NIOCore

/// A request context that knows the channel that its request came on.
///
/// Hummingbird gives the channel to the request context and to nothing else. The channel has the addresses of client and
/// server, which services see in their `ServerContext`, and an event when the client goes away.
@available(GRPCWeb 1.0, *)
public protocol GRPCWebChannelRequestContext: RequestContext {
  /// The connection that the request came on; with HTTP/2, the stream.
  var channel: any Channel { get }
}

/// Hummingbird's basic request context, with the channel.
///
/// ```swift
/// let router = Router(context: GRPCWebRequestContext.self)
/// ```
@available(GRPCWeb 1.0, *)
public struct GRPCWebRequestContext: GRPCWebChannelRequestContext, RemoteAddressRequestContext {
  /// Hummingbird's own part of the context.
  public var coreContext: CoreRequestContextStorage

  /// The connection that the request came on; with HTTP/2, the stream.
  public let channel: any Channel

  /// The address of the client.
  public var remoteAddress: SocketAddress? {
    self.channel.remoteAddress
  }

  /// Creates a context for a request.
  public init(source: Source) {
    self.coreContext = CoreRequestContextStorage(source: source)
    self.channel = source.channel
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebRequestInfo {
  /// What a request context of whatever type knows of the request.
  init(_ context: some RequestContext) {
    self.init(peers: GRPCWebPeers(context), requestID: context.id)
    if let context = context as? any GRPCWebChannelRequestContext {
      // A connection's parent is the listener; that of an HTTP/2 stream is its connection, which has a parent itself.
      self.httpVersion = context.channel.parent?.parent == nil ? .http1 : .http2
    }
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebPeers {
  /// Creates the peers from what a request context of any type knows of the connection.
  init(_ context: some RequestContext) {
    if let context = context as? any GRPCWebChannelRequestContext {
      self.init(remote: context.channel.remoteAddress, local: context.channel.localAddress)
    } else if let context = context as? any RemoteAddressRequestContext {
      self.init(remote: context.remoteAddress, local: nil)
    } else {
      self = .unknown
    }
  }
}
#endif
