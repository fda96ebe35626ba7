public import GRPCCore
public import GRPCWeb
public import HTTPTypes
public import Logging

/// An app that an adapter serves: a service, and routes of the app.
@available(GRPCWeb 1.0, *)
public struct AdapterApp: Sendable {
  /// A route of the app.
  public struct Route: Sendable {
    /// The verb.
    public var method: HTTPRequest.Method
    /// The path, with its leading slash.
    public var path: String
    /// Returns the body of the response for the body of the request, which has at most 1 MiB.
    public var respond: @Sendable (_ body: [UInt8]) -> [UInt8]

    init(
      _ method: HTTPRequest.Method,
      _ path: String,
      respond: @escaping @Sendable (_ body: [UInt8]) -> [UInt8]
    ) {
      self.method = method
      self.path = path
      self.respond = respond
    }
  }

  /// The service.
  public var service: any RegistrableRPCService
  /// The interceptors of all calls.
  public var interceptors: [any ServerInterceptor]
  /// The config of the server.
  public var config: GRPCWebServer.Config
  /// The path that the service is mounted at.
  public var prefix: String
  /// The logger of the app, and of the gRPC-Web server.
  public var logger: Logger
  /// The routes of the app, whose responses all have HTTP status 200.
  public var routes: [Route]

  /// The name that middleware of the app, before the adapter, sets ``currentUser`` to; `nil` for no such middleware.
  public var user: String?

  /// The user of a request, as the app's middleware sets it.
  @TaskLocal public static var currentUser: String?

  /// Creates a server with the service.
  public func makeGRPCWebServer() -> GRPCWebServer {
    GRPCWebServer(
      services: [self.service],
      interceptors: self.interceptors,
      config: self.config,
      logger: self.logger
    )
  }
}
