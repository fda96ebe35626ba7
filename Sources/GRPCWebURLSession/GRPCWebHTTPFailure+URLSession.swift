internal import Foundation
internal import GRPCWeb

#if canImport(FoundationNetworking)
internal import FoundationNetworking
#endif

@available(GRPCWeb 1.0, *)
extension GRPCWebHTTPFailure {
  /// Creates a failure from an error of URLSession.
  init(ofURLSession error: any Error) {
    let detail = error.localizedDescription
    let code = (error as? URLError)?.code
    let reason = code.flatMap { Self.reason(of: $0) } ?? Self.reason(in: detail) ?? .other
    // On platforms that aren't Apple's, one code stands for all problems in reaching a host.
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

  /// The reason for a description by libcurl, for which URLSession has no code on platforms that
  /// aren't Apple's.
  private static func reason(in detail: String) -> Reason? {
    let detail = detail.lowercased()
    let meanings: [(phrases: [String], reason: Reason)] = [
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
    return meanings.first { $0.phrases.contains { detail.contains($0) } }?.reason
  }
}
