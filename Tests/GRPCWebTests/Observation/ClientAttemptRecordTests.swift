import GRPCCore
import GRPCWebTestSupport
import HTTPTypes
import NIOCore
import SwiftProtobuf
import Testing

@testable import GRPCWeb

@Suite("Records of a client's attempts", .timeLimit(.minutes(3)))
struct ClientAttemptRecordTests {
  /// Makes a call over an HTTP client, whatever comes of it.
  ///
  /// - Returns: The record of the only attempt.
  @available(GRPCWeb 1.0, *)
  private static func record(
    of httpClient: FakeHTTPClient,
    options: CallOptions = .defaults,
    configure: (inout GRPCWebClientTransport.Config) -> Void = { _ in },
    cancelWhen: Gate? = nil
  ) async throws -> GRPCWebCallRecord {
    let observer = RecordingObserver()
    var config = GRPCWebClientTransport.Config.defaults { $0.observer = observer }
    configure(&config)
    let transport = try GRPCWebClientTransport(
      url: "http://localhost",
      httpClient: httpClient,
      config: config
    )
    let client = GRPCClient(transport: transport)
    let connection = Task { try await client.runConnections() }
    defer { connection.cancel() }
    let call = Task {
      try await Sonora_Test_Echo.Client(wrapping: client)
        .get(EchoMessage.with { $0.text = "hello" }, options: options)
    }
    if let gate = cancelWhen {
      try await gate.pass("the call is to be cancelled")
      call.cancel()
    }
    _ = await call.result
    return try await observer.record()
  }

  @available(GRPCWeb 1.0, *)
  private static func stalling(_ started: Gate = Gate()) -> FakeHTTPClient {
    FakeHTTPClient { _, _, _ in
      started.open()
      try await suspendUntilCancelled()
    }
  }

  @Test("An attempt that was answered tells of it what the app saw")
  @available(GRPCWeb 1.0, *)
  func answered() async throws {
    let httpClient = FakeHTTPClient { request in
      (try .test(), request + Fixture.trailers("grpc-status: 0"))
    }
    let record = try await Self.record(of: httpClient) { $0.mode = .binary }
    #expect(record.status?.code == .ok)
    #expect(record.end == .service)
    #expect(record.info.wireProtocol == .grpcWeb)
    #expect(record.info.request.peers.remote == "dns:localhost:80")
    #expect(record.sent == .init(count: 1, bytes: 7, compressedBytes: 7))
    #expect(record.received == record.sent)
    #expect(record.requestEncoding == "identity")
    #expect(record.responseEncoding == "identity")
    #expect(record.timeToFirstMessage != nil)
    #expect(record.httpStatus == nil)
  }

  @Test("A response that isn't gRPC's is what ended the attempt")
  @available(GRPCWeb 1.0, *)
  func foreign() async throws {
    let httpClient = FakeHTTPClient { _ in (HTTPResponse(status: .serviceUnavailable), []) }
    let record = try await Self.record(of: httpClient)
    #expect(record.status?.code == .unavailable)
    #expect(record.end == .badResponse)
  }

  @Test("A response that ends without a status is what ended the attempt")
  @available(GRPCWeb 1.0, *)
  func cutOff() async throws {
    let httpClient = FakeHTTPClient { _ in (try .test(), []) }
    let record = try await Self.record(of: httpClient)
    #expect(record.status?.code == .unknown)
    #expect(record.end == .badResponse)
  }

  @Test("A connection that couldn't be made is what ended the attempt")
  @available(GRPCWeb 1.0, *)
  func connection() async throws {
    let httpClient = FakeHTTPClient { _, _, _ in
      throw GRPCWebHTTPFailure(.connectionRefused, detail: "nobody listens")
    }
    let record = try await Self.record(of: httpClient)
    #expect(record.status?.code == .unavailable)
    #expect(record.end == .connection)
  }

  @Test("A limit is what ended the attempt, whether of the request or the response")
  @available(GRPCWeb 1.0, *)
  func limits() async throws {
    for isRequest in [true, false] {
      let httpClient = FakeHTTPClient { request in
        (try .test(), request + Fixture.trailers("grpc-status: 0"))
      }
      let record = try await Self.record(of: httpClient) {
        if isRequest {
          $0.maximumRequestMessageSize = 5
        } else {
          $0.maximumResponseMessageSize = 5
        }
      }
      #expect(record.status?.code == .resourceExhausted)
      #expect(record.end == .limit)
    }
  }

  @Test("The app is what ended an attempt that it cancelled")
  @available(GRPCWeb 1.0, *)
  func cancelled() async throws {
    let started = Gate()
    let record = try await Self.record(of: Self.stalling(started), cancelWhen: started)
    #expect(record.status?.code == .cancelled)
    #expect(record.end == .client)
  }

  @Test("The deadline is what ended an attempt that took too long")
  @available(GRPCWeb 1.0, *)
  func deadline() async throws {
    var options = CallOptions.defaults
    options.timeout = .milliseconds(50)
    let record = try await Self.record(of: Self.stalling(), options: options)
    #expect(record.status?.code == .deadlineExceeded)
    #expect(record.end == .deadline)
  }
}
