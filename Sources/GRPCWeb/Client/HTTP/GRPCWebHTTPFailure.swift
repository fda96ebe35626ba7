internal import GRPCCore

/// Why an HTTP client got no response, or not all of it.
///
/// An adapter for an HTTP client throws a failure whose reason it knows. ``GRPCWebClientTransport``
/// turns the failure into the error of the call, with the URL, the server, and a hint at what to
/// do. <doc:WhenACallFails> lists the messages.
@available(GRPCWeb 1.0, *)
public struct GRPCWebHTTPFailure: Error {
  /// The reasons that adapters distinguish.
  public enum Reason: Sendable, Hashable, CaseIterable {
    /// No server listens on the port.
    case connectionRefused
    /// The host has no address, no route leads to the host, or the host doesn't answer.
    case unreachable
    /// The connection was closed or reset before the response had ended.
    case connectionLost
    /// The server sent bytes that aren't HTTP of the expected version.
    case notHTTP
    /// The server doesn't speak TLS.
    case notTLS
    /// The client doesn't trust the server's certificate.
    case untrustedCertificate
    /// The TLS handshake failed for another reason.
    case tlsHandshake
    /// Anything else.
    case other
  }

  /// The reason.
  public var reason: Reason

  /// The description of the failure by the HTTP client.
  public var detail: String

  /// The address of the server, if it is known.
  ///
  /// The address has gRPC's form: `ipv4:127.0.0.1:8080`.
  public var address: String?

  /// The error that the HTTP client threw.
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
  /// The first sentence of the message: what has happened.
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

  /// The last sentence of the message: what the reader can do.
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

  /// Whether another attempt at the call may succeed.
  private var isTransient: Bool {
    switch self.reason {
    case .connectionRefused, .unreachable, .connectionLost, .other:
      return true
    case .notHTTP, .notTLS, .untrustedCertificate, .tlsHandshake:
      return false
    }
  }

  /// The error of a call that failed with this failure.
  ///
  /// - Parameters:
  ///   - url: The URL of the call.
  ///   - peer: The server in gRPC's form, for a failure without an address.
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
