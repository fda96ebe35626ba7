#if NIO
public import NIOSSL

@available(GRPCWeb 1.0, *)
extension GRPCWebNIOServerTransport {
  /// Whether and how connections are encrypted.
  public struct TransportSecurity: Sendable {
    private var configuration: TLSConfiguration?

    /// Connections aren't encrypted.
    public static let plaintext = Self(configuration: nil)

    /// Connections are encrypted.
    ///
    /// - Parameters:
    ///   - configuration: A configuration for servers. The transport sets its protocols for ALPN, and nothing else but
    ///     the minimum version.
    ///   - minimumTLSVersion: The oldest version of TLS that clients may speak, 1.2 by default: older versions are
    ///     broken (RFC 8996). A newer minimum in the configuration takes precedence.
    public static func tls(
      _ configuration: TLSConfiguration,
      minimumTLSVersion: TLSVersion = .tlsv12
    ) -> Self {
      var configuration = configuration
      configuration.minimumTLSVersion = Self.newer(
        configuration.minimumTLSVersion,
        minimumTLSVersion
      )
      return Self(configuration: configuration)
    }

    /// Connections are encrypted, with a certificate and a key from PEM files.
    ///
    /// - Parameters:
    ///   - certificateChainFile: The path of the file with the server's certificate, followed by the certificates of
    ///     the authorities up to one that clients know.
    ///   - privateKeyFile: The path of the file with the certificate's private key.
    /// - Throws: A `NIOSSLError` when a file can't be read, or has no valid content.
    public static func tls(certificateChainFile: String, privateKeyFile: String) throws -> Self {
      let certificates = try NIOSSLCertificate.fromPEMFile(certificateChainFile)
      let key = try NIOSSLPrivateKey(file: privateKeyFile, format: .pem)
      return .tls(
        .makeServerConfiguration(
          certificateChain: certificates.map { .certificate($0) },
          privateKey: .privateKey(key)
        )
      )
    }

    private static func newer(_ one: TLSVersion, _ other: TLSVersion) -> TLSVersion {
      let versions: [TLSVersion] = [.tlsv1, .tlsv11, .tlsv12, .tlsv13]
      return versions.last { $0 == one || $0 == other } ?? .tlsv13
    }

    /// Makes the TLS context that all connections share.
    ///
    /// - Returns: `nil` for plain text.
    /// - Throws: A `NIOSSLError` when the configuration isn't valid.
    func makeContext() throws -> NIOSSLContext? {
      guard var configuration = self.configuration else { return nil }
      configuration.applicationProtocols = ["h2", "http/1.1"]
      return try NIOSSLContext(configuration: configuration)
    }
  }
}
#endif
