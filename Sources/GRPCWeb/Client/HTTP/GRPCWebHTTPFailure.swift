internal import GRPCCore

/// Why an HTTP client got no response, or not all of it.
///
/// An adapter for an HTTP client throws it where it knows the reason. ``GRPCWebClientTransport`` makes the
/// error of the call of it: with the URL, the server, and a hint at what to do. <doc:WhenACallFails> lists
/// the messages.
@available(GRPCWeb 1.0, *)
public struct GRPCWebHTTPFailure: Error {
  /// The reasons that adapters tell apart.
  public enum Reason: Sendable, Hashable, CaseIterable {
    /// Nothing listens on the port.
    case connectionRefused
    /// The host has no address, there is no way to it, or it doesn't answer.
    case unreachable
    /// The connection was closed or reset before the response had ended.
    case connectionLost
    /// What the server sent isn't HTTP of the version expected.
    case notHTTP
    /// The server doesn't speak TLS.
    case notTLS
    /// The server's certificate isn't one to trust.
    case untrustedCertificate
    /// The TLS handshake failed otherwise.
    case tlsHandshake
    /// Anything else.
    case other
  }

  /// The reason.
  public var reason: Reason

  /// What the HTTP client says of it.
  public var detail: String

  /// The address that was tried.
  ///
  /// As gRPC writes it: `ipv4:127.0.0.1:8080`. `nil` where it isn't known.
  public var address: String?

  /// The HTTP client's own error.
  public var cause: (any Error)?

  /// Creates a failure.
  public init(
    _ reason: Reason,
    detail: String,
    address: String? = nil,
    cause: (any Error)? = nil
  ) {
    self.reason = reason
    self.detail = detail
    self.address = address
    self.cause = cause
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebHTTPFailure {
  /// What has happened, the beginning of the message.
  private var summary: String {
    switch self.reason {
    case .connectionRefused:
      return "Nothing listens there"
    case .unreachable:
      return "The server can't be reached"
    case .connectionLost:
      return "The connection was lost"
    case .notHTTP:
      return "The answer isn't HTTP"
    case .notTLS:
      return "The server doesn't speak TLS"
    case .untrustedCertificate:
      return "The server's certificate isn't trusted"
    case .tlsHandshake:
      return "The TLS handshake failed"
    case .other:
      return "The HTTP request failed"
    }
  }

  /// What may be to do.
  private var hint: String? {
    switch self.reason {
    case .connectionRefused:
      return "Is the server running, and is this its port?"
    case .unreachable:
      return "Is this its host, and does a firewall let it be reached?"
    case .connectionLost, .other:
      return nil
    case .notHTTP:
      return """
        Is it a port for TLS ('https://')? Or for native gRPC, which needs gRPC-Web enabled, or a proxy, \
        or gRPC Swift's HTTP/2 transport?
        """
    case .notTLS:
      return "Is it a port without TLS ('http://')?"
    case .untrustedCertificate:
      return """
        For a certificate authority of your own, configure the HTTP client with it. The host of the URL \
        has to be in the certificate.
        """
    case .tlsHandshake:
      return
        "Does the server ask for a client's certificate, or have a TLS version or cipher of its own?"
    }
  }

  /// Whether the next attempt may find it mended.
  private var isTransient: Bool {
    switch self.reason {
    case .connectionRefused, .unreachable, .connectionLost, .other:
      return true
    case .notHTTP, .notTLS, .untrustedCertificate, .tlsHandshake:
      return false
    }
  }

  /// The error of a call that failed with it.
  ///
  /// - Parameters:
  ///   - url: The URL called.
  ///   - peer: The server, where no address is known.
  func error(url: String, peer: String) -> RPCError {
    let parts = [
      "\(self.summary): POST \(url), \(self.address ?? peer): \(self.detail.endingWithPeriod)",
      self.hint,
    ]
    return RPCError(
      code: self.isTransient ? .unavailable : .failedPrecondition,
      message: parts.compactMap { $0 }.joined(separator: " "),
      cause: self.cause
    )
  }
}

extension String {
  fileprivate var endingWithPeriod: String {
    self.last == "." ? self : "\(self)."
  }
}
