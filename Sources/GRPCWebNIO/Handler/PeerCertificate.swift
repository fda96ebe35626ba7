#if NIO
public import GRPCCore
internal import GRPCWeb
internal import NIOCore
public import NIOSSL

@available(GRPCWeb 1.0, *)
extension ServerContext {
  /// The certificate that the client proved to have in the TLS handshake.
  ///
  /// The TLS configuration decides whether clients are asked for one, and whether it has to be valid: set its
  /// `certificateVerification` and `trustRoots`. `nil` where they aren't asked, without TLS, and with the middleware of a
  /// web framework; also with TLS that isn't NIOSSL's.
  public var peerCertificate: NIOSSLCertificate? {
    self.requestContext(as: NIOSSLCertificate.self)
  }
}

/// What a channel handler knows of the certificate of its client.
@available(GRPCWeb 1.0, *)
enum PeerCertificate {
  /// Whether there is one is to be looked up with the first call, when the handshake is over.
  case notLookedUp
  /// There is one, or none.
  case known(NIOSSLCertificate?)
}

@available(GRPCWeb 1.0, *)
extension Channel {
  /// The certificate of the client of a connection; `nil` where it has none, or there is no TLS.
  ///
  /// To be called on the event loop.
  var peerCertificate: NIOSSLCertificate? {
    do {
      return try self.pipeline.syncOperations.nioSSL_peerCertificate()
    } catch {
      // The pipeline has no handler for TLS.
      return nil
    }
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebChannelHandler {
  /// The certificate of the client of the connection that a channel is, or is a stream of.
  func peerCertificate(of channel: any Channel) -> NIOSSLCertificate? {
    if case .known(let certificate) = self.peerCertificate {
      return certificate
    }
    // The parent of an HTTP/1.1 connection is the listener.
    let connection = self.httpVersion == .http2 ? channel.parent ?? channel : channel
    let certificate = connection.peerCertificate
    self.peerCertificate = .known(certificate)
    return certificate
  }
}
#endif
