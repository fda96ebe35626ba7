import Foundation
import GRPCCore
import InteropService

/// The cases of gRPC's interop tests, run with one client.
///
/// What each has to do is described in gRPC's "Interoperability Test Case Descriptions".
struct Cases<Client: Caller>: Sendable {
  let caller: Client
  let service: Grpc_Testing_TestService.Client<Client.Transport>
  /// What sees the responses on the wire; `nil` where nobody does.
  let observer: ResponseObserver?

  init(caller: Client, observer: ResponseObserver?) {
    self.caller = caller
    self.service = Grpc_Testing_TestService.Client(wrapping: caller.client)
    self.observer = observer
  }

  private static var specialMessage: String {
    "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
  }

  /// Runs a case.
  ///
  /// - Throws: Why it failed.
  func run(_ testCase: TestCase) async throws -> Outcome {
    switch testCase {
    case .emptyUnary:
      return try await self.emptyUnary()
    case .largeUnary:
      return try await self.largeUnary()
    case .clientCompressedUnary:
      return try await self.clientCompressedUnary()
    case .serverCompressedUnary:
      return try await self.serverCompressedUnary()
    case .serverStreaming:
      return try await self.serverStreaming()
    case .serverCompressedStreaming:
      return try await self.serverCompressedStreaming()
    case .clientStreaming:
      return try await self.clientStreaming()
    case .clientCompressedStreaming:
      return .skipped("gRPC Swift compresses all messages of a call, or none")
    case .pingPong:
      return try await self.pingPong()
    case .emptyStream:
      return try await self.emptyStream()
    case .customMetadata:
      return try await self.customMetadata()
    case .statusCodeAndMessage:
      return try await self.status("test status message")
    case .specialStatusMessage:
      return try await self.status(Self.specialMessage)
    case .unimplementedMethod:
      return try await self.unimplementedMethod()
    case .unimplementedService:
      return try await self.unimplementedService()
    case .cancelAfterBegin:
      return try await self.cancelAfterBegin()
    case .cancelAfterFirstResponse:
      return try await self.cancelAfterFirstResponse()
    case .timeoutOnSleepingServer:
      return try await self.timeoutOnSleepingServer()
    }
  }

  /// The options of a call that may take its time, but not for ever.
  var options: CallOptions {
    var options = CallOptions.defaults
    options.timeout = .seconds(20)
    return options
  }

  /// Passes if the call is right; where the client can't stream the request, skips the case when the
  /// client says so.
  func streamingRequest(_ call: () async throws -> Void) async throws -> Outcome {
    if self.caller.isBlocking {
      // It has AsyncHTTPClient's transport, which can; but what it is for has no streams of requests.
      return .skipped("the blocking client isn't tried with requests that are streams")
    }
    guard self.caller.streamsRequests else {
      try await self.expectError(.unimplemented) {
        let (service, options) = (self.service, self.options)
        _ = try await self.caller.unary {
          try await service.streamingInputCall(options: options) { _ in }
        }
      }
      return .skipped("the client can't stream a request, and says so")
    }
    try await call()
    return .passed
  }

  /// Makes a call that is answered with a stream: `FullDuplexCall` with one request, or where the client
  /// can't do that `StreamingOutputCall`.
  func stream(
    _ request: Grpc_Testing_StreamingOutputCallRequest,
    metadata: Metadata = [:],
    options: CallOptions? = nil,
    cancelAfter limit: Int? = nil,
    holdingOpen isHeldOpen: Bool = false
  ) async throws -> StreamAnswer<Grpc_Testing_StreamingOutputCallResponse> {
    let (service, options) = (self.service, options ?? self.options)
    guard self.caller.streamsRequests else {
      return try await self.caller.stream(cancelAfter: limit) { onResponse in
        try await service.streamingOutputCall(
          request,
          metadata: metadata,
          options: options,
          onResponse: onResponse
        )
      }
    }
    return try await self.caller.stream(cancelAfter: limit) { onResponse in
      try await service.fullDuplexCall(metadata: metadata, options: options) { writer in
        try await writer.write(request)
        if isHeldOpen {
          await Self.waitForCancellation()
        }
      } onResponse: { response in
        try await onResponse(response)
      }
    }
  }

  /// Waits until the task is cancelled, and says nothing of it: what the call ends with is for the client to
  /// say.
  static func waitForCancellation() async {
    try? await Task.sleep(for: .seconds(60))
  }

  /// How a case has passed that `stream(_:)` is a part of.
  var passedWithStream: Outcome {
    self.caller.streamsRequests ? .passed : .passedWithoutDuplex
  }

  /// Checks that something fails with such an error.
  func expectError(
    _ code: RPCError.Code,
    message: String? = nil,
    _ body: () async throws -> Void
  ) async throws {
    do {
      try await body()
    } catch let error as RPCError {
      guard error.code == code, message == nil || error.message == message else {
        // The cause tells apart what has the same code and message.
        let cause = error.cause.map { ", caused by \($0)" } ?? ""
        throw CaseFailure("the status is \(error.code): '\(error.message)'\(cause), not \(code)")
      }
      return
    }
    throw CaseFailure("the call did not fail with \(code)")
  }
}

extension Grpc_Testing_Payload {
  /// A payload of so many zeros.
  static func zeros(_ size: Int) -> Self {
    .with { $0.body = Data(count: size) }
  }
}

extension Grpc_Testing_SimpleRequest {
  /// The large request of the cases, and their large response.
  static let large = Self.with {
    $0.responseSize = 314_159
    $0.payload = .zeros(271_828)
  }

  /// The same, changed by a closure.
  static func large(_ configure: (inout Self) -> Void) -> Self {
    var request = Self.large
    configure(&request)
    return request
  }
}

extension Grpc_Testing_SimpleResponse {
  /// Checks that this is the large response.
  func expectLarge() throws {
    try expect("the payload", self.payload == .zeros(314_159), is: true)
  }
}

extension Grpc_Testing_StreamingOutputCallRequest {
  /// Asks for messages of these sizes.
  static func sizes(_ sizes: Int32...) -> Self {
    .with { $0.responseParameters = sizes.map { size in .with { $0.size = size } } }
  }
}

extension StreamAnswer<Grpc_Testing_StreamingOutputCallResponse> {
  /// Checks that the payloads have these sizes, and consist of zeros.
  func expectSizes(_ sizes: Int...) throws {
    try expect("the sizes", self.messages.map(\.payload.body.count), is: sizes)
    try expect(
      "whether there are zeros only",
      self.messages.map(\.payload) == sizes.map { .zeros($0) },
      is: true
    )
  }
}
