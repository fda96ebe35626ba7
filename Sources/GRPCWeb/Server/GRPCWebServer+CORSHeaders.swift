public import HTTPTypes

@available(GRPCWeb 1.0, *)
extension GRPCWebServer {
  /// The headers that pages send with calls, for the app's own CORS middleware to allow.
  ///
  /// With it, leave ``Config/cors`` disabled. The middleware also has to allow `POST`, and the names of what metadata
  /// pages send, such as `authorization`:
  ///
  /// ```swift
  /// CORSMiddleware(
  ///   allowOrigin: .oneOf("https://shop.example"),
  ///   allowHeaders: GRPCWebServer.corsAllowedHeaders + [.authorization],
  ///   exposedHeaders: GRPCWebServer.corsExposedHeaders
  /// )
  /// ```
  public static let corsAllowedHeaders: [HTTPField.Name] = [
    "content-type", "grpc-accept-encoding", "grpc-encoding", "grpc-timeout", "x-grpc-web",
    "x-user-agent",
  ].compactMap { HTTPField.Name($0) }

  /// The names of the headers that pages read from the answers to calls, for the app's own CORS middleware to expose.
  ///
  /// A page can also read a status without: the server puts it into the body for it (see ``Config/ErrorPlacement``). A
  /// page that is to read metadata of the answer needs its names, too.
  public static let corsExposedHeaders: [String] = Config.CORS.grpcHeaders
}
