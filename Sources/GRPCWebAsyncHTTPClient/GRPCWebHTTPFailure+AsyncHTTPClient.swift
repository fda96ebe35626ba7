#if AsyncHTTPClient
internal import AsyncHTTPClient
internal import GRPCWeb
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

@available(GRPCWeb 1.0, *)
extension GRPCWebHTTPFailure {
  /// Creates a failure from an error of AsyncHTTPClient, SwiftNIO or SwiftNIO SSL.
  init(_ error: any Error) {
    switch error {
    case let error as NIOConnectionError:
      self.init(error)
    case let error as IOError:
      self.init(Self.reason(of: error), detail: "\(error)", cause: error)
    case let error as ChannelError:
      self.init(Self.reason(of: error), detail: "\(error)", cause: error)
    case let error as HTTPClientError:
      self.init(Self.reason(of: error), detail: error.description, cause: error)
    case HTTPParserError.invalidEOFState, HTTPParserError.closedConnection:
      self.init(
        .connectionLost,
        detail: "The server closed the connection inside a response",
        cause: error
      )
    case let error as HTTPParserError:
      self.init(.notHTTP, detail: "\(error)", cause: error)
    case let error where Self.isOfTLS(error):
      self.init(tls: error)
    default:
      self.init(.other, detail: "\(error)", cause: error)
    }
  }

  private init(_ error: NIOConnectionError) {
    guard let last = error.connectionErrors.last else {
      let reasons = [error.dnsAError, error.dnsAAAAError].compactMap { $0 }.map { "\($0)" }
      let detail = "the host '\(error.host)' has no address: \(reasons.joined(separator: ", "))"
      self.init(.unreachable, detail: detail, cause: error)
      return
    }
    let reason = (last.error as? IOError).map { Self.reason(of: $0) } ?? .unreachable
    self.init(
      reason == .connectionRefused ? .connectionRefused : .unreachable,
      detail: "\(last.error)",
      address: last.target.grpcName,
      cause: error
    )
  }

  private static func reason(of error: IOError) -> Reason {
    switch error.errnoCode {
    case ECONNREFUSED:
      return .connectionRefused
    case EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, EHOSTDOWN, ENETDOWN:
      return .unreachable
    default:
      return .connectionLost
    }
  }

  private static func reason(of error: ChannelError) -> Reason {
    switch error {
    case .connectTimeout:
      return .unreachable
    case .eof, .ioOnClosedChannel, .inputClosed, .outputClosed, .alreadyClosed:
      return .connectionLost
    default:
      return .other
    }
  }

  private static func reason(of error: HTTPClientError) -> Reason {
    switch error {
    case .connectTimeout, .getConnectionFromPoolTimeout:
      return .unreachable
    case .tlsHandshakeTimeout:
      return .tlsHandshake
    case .remoteConnectionClosed, .uncleanShutdown:
      return .connectionLost
    default:
      return .other
    }
  }

  // TLS

  private static func isOfTLS(_ error: any Error) -> Bool {
    error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError
  }

  private init(tls error: any Error) {
    let text = "\(error)"
    let detail = Self.reasonOfBoringSSL(in: text) ?? text
    switch detail {
    case "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "INVALID_OUTER_RECORD_TYPE":
      self.init(.notTLS, detail: detail, cause: error)
    case "CERTIFICATE_VERIFY_FAILED":
      self.init(.untrustedCertificate, detail: detail, cause: error)
    default:
      let isHostname = error as? NIOSSLExtraError == .failedToValidateHostname
      let isEnd = error as? NIOSSLError == .uncleanShutdown
      self.init(
        isHostname ? .untrustedCertificate : isEnd ? .connectionLost : .tlsHandshake,
        detail: detail,
        cause: error
      )
    }
  }

  /// The reason in an error of BoringSSL, which stands between paths of BoringSSL's source files.
  private static func reasonOfBoringSSL(in text: String) -> String? {
    guard let marker = text.firstRange(of: "OPENSSL_internal:") else { return nil }
    let name = text[marker.upperBound...].prefix { $0 == "_" || $0.isLetter || $0.isNumber }
    return name.isEmpty ? nil : String(name)
  }
}
#endif
