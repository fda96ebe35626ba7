public import GRPCCore
public import GRPCWeb
public import HTTPTypes
public import Logging

/// What an adapter serves: a service, and routes of the app's own.
@available(GRPCWeb 1.0, *)
public struct AdapterApp: Sendable {
  /// A route of the app's own.
  public struct Route: Sendable {
    /// The verb.
    public var method: HTTPRequest.Method
    /// The path, with a slash before it.
    public var path: String
    /// Makes the body of the response from that of the request, which is at most 1 MiB.
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
  /// Applied to each call.
  public var interceptors: [any ServerInterceptor]
  /// How calls are answered.
  public var config: GRPCWebServer.Config
  /// The path that the service is mounted at.
  public var prefix: String
  /// Where the app, and the server of calls, log.
  public var logger: Logger
  /// The app's own routes, each of which is answered with a 200.
  public var routes: [Route]

  /// Makes a server with the service.
  public func makeGRPCWebServer() -> GRPCWebServer {
    GRPCWebServer(
      services: [self.service],
      interceptors: self.interceptors,
      config: self.config,
      logger: self.logger
    )
  }
}
