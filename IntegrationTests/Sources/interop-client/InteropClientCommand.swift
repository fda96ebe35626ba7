import ArgumentParser
import AsyncHTTPClient
import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCWebAsyncHTTPClient
import GRPCWebURLSession
import NIOSSL

/// Runs gRPC's interop tests against a server.
@main
struct InteropClientCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interop-client",
    abstract: "Runs gRPC's interop tests over gRPC-Web.",
    discussion: "Prints a line a case, and at last how many passed, failed and were skipped."
  )

  @Option(help: "Where the server is.")
  var url = "http://127.0.0.1:8080"

  @Option(help: "The client to use: three over gRPC-Web, http2 over ordinary gRPC.")
  var client = ClientKind.ahc

  @Option(help: "How bodies are written.")
  var mode = Mode.binary

  @Option(name: .customLong("case"), help: "The case to run, by its name, or all. Repeatable.")
  var selections: [CaseSelection] = [.all]

  @Option(
    name: .customLong("ca-certificate"),
    help: "A file of certificates to trust. URLSession trusts what the system does."
  )
  var caCertificate: String?

  func run() async throws {
    var results = Results()
    switch self.client {
    case .ahc, .ahcHTTP1:
      let observer = ResponseObserver()
      let base = self.asyncHTTPClient
      try await withGRPCClient(transport: self.transport(base, observer)) { client in
        let caller = AsyncCaller(client: client, streamsRequests: base.streamsRequests)
        await self.run(Cases(caller: caller, observer: observer), &results)
      }
    case .urlsession:
      let observer = ResponseObserver()
      let base = GRPCWebURLSessionAdapter()
      try await withGRPCClient(transport: self.transport(base, observer)) { client in
        let caller = AsyncCaller(client: client, streamsRequests: base.streamsRequests)
        await self.run(Cases(caller: caller, observer: observer), &results)
      }
    case .blocking:
      let observer = ResponseObserver()
      let transport = try self.transport(self.asyncHTTPClient, observer)
      let client = try await onThread { BlockingGRPCClient(transport: transport) }
      await self.run(
        Cases(caller: BlockingCaller(blockingClient: client), observer: observer),
        &results
      )
      try await onThread { client.close() }
    case .http2:
      try await withGRPCClient(transport: self.http2Transport) { client in
        let caller = AsyncCaller(client: client, streamsRequests: true)
        await self.run(Cases(caller: caller, observer: nil), &results)
      }
    }
    results.printCounts()
    if results.failed > 0 {
      throw ExitCode.failure
    }
  }

  private func run(_ cases: Cases<some Caller>, _ results: inout Results) async {
    for testCase in self.selections.flatMap(\.cases) {
      do {
        results.add(try await cases.run(testCase), of: testCase)
      } catch {
        results.add(error, of: testCase)
      }
    }
  }

  private func transport<Client: GRPCWebHTTPClient>(
    _ base: Client,
    _ observer: ResponseObserver
  ) throws -> GRPCWebClientTransport {
    try GRPCWebClientTransport(
      url: self.url,
      httpClient: ObservedHTTPClient(base: base, observer: observer),
      config: .defaults { $0.mode = self.mode.bodyMode }
    )
  }

  /// A client that trusts the given certificates, if there are any.
  private var asyncHTTPClient: GRPCWebAsyncHTTPClientAdapter {
    GRPCWebAsyncHTTPClientAdapter {
      if let caCertificate = self.caCertificate {
        $0.tlsConfiguration = .makeClientConfiguration()
        $0.tlsConfiguration?.trustRoots = .file(caCertificate)
      }
      if self.client == .ahcHTTP1 {
        $0.httpVersion = .http1Only
      }
    }
  }

  private var http2Transport: HTTP2ClientTransport.Posix {
    get throws {
      guard
        let url = URLComponents(string: self.url),
        let host = url.host,
        let port = url.port
      else {
        throw ValidationError("--url takes a URL with a port for the client http2.")
      }
      return try .http2NIOPosix(
        target: .dns(host: host, port: port),
        transportSecurity: self.transportSecurity(for: url)
      )
    }
  }

  private func transportSecurity(
    for url: URLComponents
  ) -> HTTP2ClientTransport.Posix.TransportSecurity {
    guard url.scheme == "https" else { return .plaintext }
    return .tls {
      if let caCertificate = self.caCertificate {
        $0.trustRoots = .certificates([.file(path: caCertificate, format: .pem)])
      }
    }
  }
}
