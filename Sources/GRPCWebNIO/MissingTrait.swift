#if !NIO
public import GRPCCore

// What is here is for the compiler's error to say what is missing, in its message or as a type's name.

@available(GRPCWeb 1.0, *)
extension ServerTransport where Self == GRPCWebServerTransport {
  /// Stands in for the transport where the package's trait `NIO` is off.
  @available(
    *,
    unavailable,
    message: "GRPCWebNIO needs the trait 'NIO': .package(url: \"…\", traits: [\"NIO\"])"
  )
  public static func grpcWebNIO(
    address: GRPCWebNIOServerTransport.Address,
    transportSecurity: GRPCWebNIOServerTransport.TransportSecurity
  ) -> Self {
    fatalError("The compiler refuses calls.")
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebServer {
  /// Stands in for the channel handler where the package's trait `NIO` is off.
  @available(
    *,
    unavailable,
    message: "GRPCWebNIO needs the trait 'NIO': .package(url: \"…\", traits: [\"NIO\"])"
  )
  public func channelHandler<NeedsTraitNIO>(
    for httpVersion: GRPCWebChannelHandler.HTTPVersion,
    prefix: String = ""
  ) -> NeedsTraitNIO {
    fatalError("The compiler refuses calls.")
  }
}

/// The names that arguments need.
@available(
  *,
  unavailable,
  message: "GRPCWebNIO needs the trait 'NIO': .package(url: \"…\", traits: [\"NIO\"])"
)
public enum GRPCWebNIOServerTransport {
  /// Stands in for the address to listen on.
  public enum Address {
    /// An IPv4 address.
    case ipv4(host: String, port: Int)
    /// An IPv6 address.
    case ipv6(host: String, port: Int)
    /// The address that a name stands for.
    case hostname(String, port: Int)
    /// A Unix domain socket.
    case unixDomainSocket(path: String)
  }

  /// Stands in for the encryption of connections.
  public enum TransportSecurity {
    /// None.
    case plaintext
  }
}

/// The names that arguments need.
@available(
  *,
  unavailable,
  message: "GRPCWebNIO needs the trait 'NIO': .package(url: \"…\", traits: [\"NIO\"])"
)
public enum GRPCWebChannelHandler {
  /// Stands in for the kind of channel.
  public enum HTTPVersion {
    /// HTTP/1.1.
    case http1
    /// A stream of HTTP/2.
    case http2
  }
}
#endif
