internal import Foundation
internal import GRPCWeb

#if canImport(FoundationNetworking)
internal import FoundationNetworking
#endif

@available(GRPCWeb 1.0, *)
extension GRPCWebHTTPFailure {
  /// What an error of URLSession means.
  init(ofURLSession error: any Error) {
    let detail = error.localizedDescription
    let code = (error as? URLError)?.code
    let reason = code.flatMap { Self.reason(of: $0) } ?? Self.reason(in: detail) ?? .other
    // Outside of Apple's platforms there is one code for all that goes wrong with a host.
    let isUnreachable =
      reason == .connectionRefused
      && ["resolve", "timed out", "timeout", "unreachable"].contains {
        detail.lowercased().contains($0)
      }
    self.init(isUnreachable ? .unreachable : reason, detail: detail, cause: error)
  }

  private static func reason(of code: URLError.Code) -> Reason? {
    switch code {
    case .cannotConnectToHost:
      return .connectionRefused
    case .cannotFindHost, .dnsLookupFailed, .notConnectedToInternet, .timedOut:
      return .unreachable
    case .networkConnectionLost, .badServerResponse:
      return .connectionLost
    case .cannotParseResponse:
      return .notHTTP
    case .secureConnectionFailed, .clientCertificateRejected, .clientCertificateRequired:
      return .tlsHandshake
    case .serverCertificateUntrusted, .serverCertificateHasBadDate, .serverCertificateNotYetValid,
      .serverCertificateHasUnknownRoot:
      return .untrustedCertificate
    default:
      return nil
    }
  }

  /// What libcurl's words mean, which URLSession outside of Apple's platforms has no codes for.
  private static func reason(in detail: String) -> Reason? {
    let detail = detail.lowercased()
    let meanings: [(words: [String], reason: Reason)] = [
      (
        [
          "http/0.9", "unsupported http", "weird server reply", "invalid http",
          "header without colon",
        ],
        .notHTTP
      ),
      (["wrong version number", "packet length too long", "unexpected tls packet"], .notTLS),
      (["alert", "certificate required"], .tlsHandshake),
      (["certificate", "subject name"], .untrustedCertificate),
      (["ssl", "tls"], .tlsHandshake),
      (["empty reply", "recv failure", "send failure", "closed", "reset"], .connectionLost),
    ]
    return meanings.first { $0.words.contains { detail.contains($0) } }?.reason
  }
}
