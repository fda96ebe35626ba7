/// A case of gRPC's interop tests, by the name that it has there.
enum TestCase: String, CaseIterable {
  case emptyUnary = "empty_unary"
  case largeUnary = "large_unary"
  case clientCompressedUnary = "client_compressed_unary"
  case serverCompressedUnary = "server_compressed_unary"
  case serverStreaming = "server_streaming"
  case serverCompressedStreaming = "server_compressed_streaming"
  case clientStreaming = "client_streaming"
  case clientCompressedStreaming = "client_compressed_streaming"
  case pingPong = "ping_pong"
  case emptyStream = "empty_stream"
  case customMetadata = "custom_metadata"
  case statusCodeAndMessage = "status_code_and_message"
  case specialStatusMessage = "special_status_message"
  case unimplementedMethod = "unimplemented_method"
  case unimplementedService = "unimplemented_service"
  case cancelAfterBegin = "cancel_after_begin"
  case cancelAfterFirstResponse = "cancel_after_first_response"
  case timeoutOnSleepingServer = "timeout_on_sleeping_server"
}

/// What came of a case that didn't fail.
enum Outcome {
  case passed
  /// Passed with `StreamingOutputCall` in the place of `FullDuplexCall`.
  case passedWithoutDuplex
  case skipped(String)
}

/// Why a case failed.
struct CaseFailure: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Fails the case unless a value is the one that is wanted.
func expect<Value: Equatable>(_ what: String, _ value: Value, is wanted: Value) throws {
  guard value == wanted else {
    throw CaseFailure("\(what) is \(value), not \(wanted)")
  }
}
