import ArgumentParser
import AsyncHTTPClient
import BenchService
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCWebAsyncHTTPClient
import GRPCWebURLSession
import NIOCore
import NIOHTTP1
import NIOPosix

/// What makes the calls: one of gRPC-Web's clients, or one that sets the bar for them.
enum Client: String, CaseIterable, ExpressibleByArgument {
  /// gRPC-Web over AsyncHTTPClient.
  case ahc
  /// gRPC-Web over URLSession.
  case urlsession
  /// Bare AsyncHTTPClient, which sends the same bytes each time, and compares what comes.
  case bareAHC = "bare-ahc"
  /// gRPC Swift's own client, over HTTP/2.
  case http2

  /// Makes calls for a time.
  func run(_ load: Load, seconds: Double, url: String) async throws -> Load.Result {
    switch self {
    case .ahc:
      return try await load.run(
        over: .grpcWebAsyncHTTPClient(url: url),
        seconds: seconds
      )
    case .urlsession:
      return try await load.run(over: .grpcWebURLSession(url: url), seconds: seconds)
    case .http2:
      return try await load.run(over: self.http2Transport(to: url), seconds: seconds)
    case .bareAHC:
      return try await self.runBare(load, seconds: seconds, url: url)
    }
  }

  private func http2Transport(to url: String) throws -> HTTP2ClientTransport.Posix {
    guard let port = url.split(separator: ":").last.flatMap({ Int($0) }) else {
      throw ValidationError("--url takes a URL with a port.")
    }
    return try .http2NIOPosix(
      target: .ipv4(address: "127.0.0.1", port: port),
      transportSecurity: .plaintext
    )
  }

  private func runBare(_ load: Load, seconds: Double, url: String) async throws -> Load.Result {
    guard load.call == .unary else {
      throw ValidationError("The bare client makes unary calls alone.")
    }
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = load.parallel
    let httpClient = HTTPClient(configuration: configuration)
    do {
      let result = try await load.run(seconds: seconds) {
        var request = HTTPClientRequest(url: "\(url)/sonora.bench.Bench/Unary")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/grpc-web+proto")
        request.headers.add(name: "x-grpc-web", value: "1")
        request.body = .bytes(ByteBuffer(bytes: [0, 0, 0, 0, 7, 0x0a, 5] + Array("world".utf8)))
        let response = try await httpClient.execute(request, timeout: .seconds(30))
        let body = try await response.body.collect(upTo: 1000)
        try Load.check(
          body.readableBytesView.dropFirst(7).prefix(13).elementsEqual("Hello, world!".utf8)
        )
        return 1
      }
      try await httpClient.shutdown()
      return result
    } catch {
      try? await httpClient.shutdown()
      throw error
    }
  }
}
