import ArgumentParser
import Foundation
import GRPCCore
import GRPCWebHummingbird
import GRPCWebNIO
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import InteropService
import Logging
import NIOSSL
import ServiceLifecycle

/// The test service of gRPC's interop tests, over gRPC-Web.
@main
struct InteropServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interop-server",
    abstract: "Serves gRPC's interop tests over gRPC-Web."
  )

  @Option(help: "The address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "The port to listen on; 0 picks one.")
  var port = 8080

  @Option(help: "What takes requests for the service.")
  var adapter = Adapter.middleware

  @Option(
    name: .customLong("tls"),
    parsing: .upToNextOption,
    help: "Serve over TLS, and there HTTP/2 too: the file of a certificate chain, and of its key."
  )
  var tlsFiles: [String] = []

  @Option(
    name: .customLong("allow-origin"),
    help: "An origin whose pages may call. Repeatable; all may unless one is named."
  )
  var allowedOrigins: [String] = []

  @Flag(help: "Let those pages send cookies and HTTP authentication.")
  var allowCredentials = false

  func validate() throws {
    guard (0 ... 65_535).contains(self.port) else {
      throw ValidationError("--port takes a number from 0 to 65535.")
    }
    guard self.tlsFiles.isEmpty || self.tlsFiles.count == 2 else {
      throw ValidationError("--tls takes two files, of a certificate chain and of its key.")
    }
  }

  func run() async throws {
    let freeMemory = FreeMemory()
    defer { withExtendedLifetime(freeMemory) {} }
    switch self.adapter {
    case .middleware, .hummingbird:
      try await self.runApp()
    case .nio:
      try await self.runTransport()
    }
  }

  private func runApp() async throws {
    let grpcWeb = GRPCWebServer(
      services: [ImplementedMethods()],
      interceptors: self.interceptors,
      config: self.serverConfiguration
    )
    let router = Router(context: GRPCWebRequestContext.self)
    let connections: HTTP1Channel.Configuration
    if self.adapter == .middleware {
      connections = .grpcWebMiddleware(grpcWeb)
      router.add(middleware: RequestEncodingMiddleware())
      router.add(middleware: grpcWeb.middleware())
    } else {
      connections = .grpcWeb(grpcWeb)
    }

    var server = HTTPServerBuilder.http1(configuration: connections)
    if let tlsConfiguration = try self.tlsConfiguration {
      server = try .http2Upgrade(
        tlsConfiguration: tlsConfiguration,
        configuration: .init(streamConfiguration: connections)
      )
    }
    var app = Application(
      router: router,
      server: server,
      configuration: ApplicationConfiguration(address: .hostname(self.host, port: self.port)),
      onServerRunning: { self.announce(port: $0.localAddress?.port) }
    )
    app.addServices(grpcWeb)
    try await app.runService()
  }

  private func runTransport() async throws {
    let transport = GRPCWebNIOServerTransport(
      address: .ipv4(host: self.host, port: self.port),
      transportSecurity: try self.tlsConfiguration.map { .tls($0) } ?? .plaintext,
      config: .defaults { $0.calls = self.serverConfiguration }
    )
    let server = GRPCServer(
      transport: transport,
      services: [ImplementedMethods()],
      interceptors: self.interceptors
    )
    let services = ServiceGroup(
      services: [StandaloneServer(server: server)],
      gracefulShutdownSignals: [.sigterm, .sigint],
      logger: Logger(label: "interop-server")
    )
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask { try await services.run() }
      self.announce(port: try await transport.listeningAddress.port)
    }
  }

  private func announce(port: Int?) {
    let scheme = self.tlsFiles.isEmpty ? "http" : "https"
    let url = "\(scheme)://\(self.host):\(port ?? self.port)"
    FileHandle.standardOutput.write(Data("Interop server is listening on \(url)\n".utf8))
  }

  private var interceptors: [any ServerInterceptor] {
    [RunningCalls(), CredentialsEcho()]
  }

  private var serverConfiguration: GRPCWebServer.Config {
    .defaults {
      $0.cors = self.allowedOrigins.isEmpty ? .allowAll : .allow(origins: self.allowedOrigins)
      $0.shutdownGracePeriod = .seconds(5)
      $0.cors.allowsCredentials = self.allowCredentials
      $0.cors.exposedHeaders = ["x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"]
    }
  }

  private var tlsConfiguration: TLSConfiguration? {
    get throws {
      guard !self.tlsFiles.isEmpty else { return nil }
      let chain = try NIOSSLCertificate.fromPEMFile(self.tlsFiles[0])
      let key = try NIOSSLPrivateKey(file: self.tlsFiles[1], format: .pem)
      return .makeServerConfiguration(
        certificateChain: chain.map { .certificate($0) },
        privateKey: .privateKey(key)
      )
    }
  }
}
