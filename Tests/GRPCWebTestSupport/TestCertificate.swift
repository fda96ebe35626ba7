public import NIOSSL

/// A self-signed certificate for localhost, for tests alone.
///
/// Made by `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500
/// -subj /CN=localhost`.
public enum TestCertificate {
  /// The certificate.
  public static func certificate() throws -> NIOSSLCertificate {
    try NIOSSLCertificate(bytes: Array(Self.pem.utf8), format: .pem)
  }

  /// The TLS configuration of a server with the certificate.
  ///
  /// - Parameter needsClientCertificate: Whether clients have to show the same certificate.
  public static func serverConfiguration(
    needsClientCertificate: Bool = false
  ) throws -> TLSConfiguration {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: [.certificate(try Self.certificate())],
      privateKey: .privateKey(try Self.key())
    )
    if needsClientCertificate {
      configuration.certificateVerification = .noHostnameVerification
      configuration.trustRoots = .certificates([try Self.certificate()])
    }
    return configuration
  }

  /// The TLS configuration of a client with the certificate, to which any certificate of a server will do.
  public static func clientConfiguration() throws -> TLSConfiguration {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    configuration.certificateChain = [.certificate(try Self.certificate())]
    configuration.privateKey = .privateKey(try Self.key())
    return configuration
  }

  private static func key() throws -> NIOSSLPrivateKey {
    try NIOSSLPrivateKey(bytes: Array(Self.privateKey.utf8), format: .pem)
  }

  private static let pem = """
    -----BEGIN CERTIFICATE-----
    MIIBmzCCAUGgAwIBAgIUDLGpTQRt4lBBpk4/FpSlw+Z1dWwwCgYIKoZIzj0EAwIw
    FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjIwMTA0OFoYDzIxMjYxMDI5
    MjAxMDQ4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
    PQMBBwNCAASo4mB/pMajwfaTWwe4CDWMbZHZr+gDV3TciqwUTz5Z/ksBiEpWhTc8
    2C+86fR48SrdvhB3R2WpJ8jWTDpmvc2go28wbTAdBgNVHQ4EFgQU9YB7PhBTyI5+
    3DXT4r4/0JbyTh8wHwYDVR0jBBgwFoAU9YB7PhBTyI5+3DXT4r4/0JbyTh8wDwYD
    VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
    zj0EAwIDSAAwRQIgU4W5BrZtLTu9r4R7WIF3CUNNxaHwKNAIJsvosHcwsVsCIQD1
    gw2C4Px2gPxjlzkvtjUJZj4LWC1j59TD1QQMu9GwFA==
    -----END CERTIFICATE-----
    """

  private static let privateKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgw/0FdJxHBgKrXLyu
    SOSdYwSt+OFMOEEbnZgRA/edXRmhRANCAASo4mB/pMajwfaTWwe4CDWMbZHZr+gD
    V3TciqwUTz5Z/ksBiEpWhTc82C+86fR48SrdvhB3R2WpJ8jWTDpmvc2g
    -----END PRIVATE KEY-----
    """
}
